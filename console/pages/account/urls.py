"""The doors of sign-in, each named: whatever else the library offers stays shut."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from django.http import HttpRequest, HttpResponse
from django.urls import path

from console.pages.account.views import overview, switch_letters
from governance.access.core import Permission as P
from governance.access.doors import public, requires

entrance = public("GET", "POST", because="people prove here who they are")
exit_ = public("GET", "POST", because="leaving is always allowed")
notice = public("GET", because="says why an account is closed")
own = requires(get=P.HOME_READ, post=P.HOME_READ, before_second_factor=True)
own_read = requires(get=P.HOME_READ, before_second_factor=True)


@notice
def inactive(request: HttpRequest) -> HttpResponse:
    response: HttpResponse = account.account_inactive(request)
    return response


urlpatterns = [
    path("", overview, name="account_overview"),
    path("letters/", switch_letters, name="account_letters"),
    path("login/", entrance(account.login), name="account_login"),
    path("logout/", exit_(account.logout), name="account_logout"),
    path("inactive/", inactive, name="account_inactive"),
    path("reauthenticate/", own(account.reauthenticate), name="account_reauthenticate"),
    path(
        "password/change/", own(account.password_change), name="account_change_password"
    ),
    path("2fa/", own_read(mfa.index), name="mfa_index"),
    path("2fa/authenticate/", entrance(mfa.authenticate), name="mfa_authenticate"),
    path("2fa/reauthenticate/", own(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("2fa/totp/activate/", own(totp.activate_totp), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", own(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path(
        "2fa/recovery-codes/",
        own_read(recovery_codes.view_recovery_codes),
        name="mfa_view_recovery_codes",
    ),
    path(
        "2fa/recovery-codes/generate/",
        own(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "2fa/recovery-codes/download/",
        own_read(recovery_codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
]
