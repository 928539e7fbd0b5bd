from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username__iexact=username)


class User(AbstractBaseUser):
    """Someone who signs in to the console."""

    username = models.CharField(max_length=60)
    email = models.EmailField()
    display_name = models.CharField(max_length=80)
    is_active = models.BooleanField(default=True)
    theme = models.CharField(max_length=5, blank=True)
    date_joined = models.DateTimeField()
    first_name = ""
    last_name = ""

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email", "display_name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("username"), name="governance_user_username"),
            models.UniqueConstraint(Lower("email"), name="governance_user_email"),
        ]

    def __str__(self) -> str:
        return self.display_name

    def roles(self) -> list[str]:
        """Roles held now; prefetch ``role_assignments`` where many are listed."""
        return [a.role for a in self.role_assignments.all() if a.ended_at is None]

    @property
    def is_staff(self) -> bool:
        """Opens Django's admin, which is for the admin role alone."""
        return self.is_active and "admin" in self.roles()

    def has_perm(self, _permission: str, _obj: object = None) -> bool:
        return self.is_staff

    def has_module_perms(self, _app_label: str) -> bool:
        return self.is_staff

    @property
    def initials(self) -> str:
        words = self.display_name.split()
        return "".join(word[0] for word in words[:2]).upper()


class RoleAssignment(models.Model):
    user = models.ForeignKey(User, models.PROTECT, related_name="role_assignments")
    role = models.CharField(max_length=30)
    granted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    granted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role"],
                condition=models.Q(ended_at=None),
                name="governance_roleassignment_one_active",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role}"
