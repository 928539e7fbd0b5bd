"""CDNOW's lifetime-value fit, through the import and the product, as published."""

from __future__ import annotations

from datetime import date

from bench.installation import dataset, installation
from bench.proof import Proof

EXPECTED = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
LOG_LIKELIHOOD = -9582.4


def prove() -> Proof:
    with installation(is_seeded=True) as here:
        from decisioning.engine.imports import import_dataset
        from decisioning.scoring.actions import train_clv
        from governance.types import Actor

        by = Actor.system("proof")
        import_dataset(by=by, now=here.now(), name="cdnow", path=dataset("cdnow"))
        version = train_clv(
            by=by,
            now=here.now(),
            trait="cdnow_sample",
            calibration_end=date(1997, 9, 30),
        )
        fitted = version.report["bgnbd"]
    worst = max(abs(fitted[key] / wanted - 1) for key, wanted in EXPECTED.items())
    gap = abs(fitted["log_likelihood"] - LOG_LIKELIHOOD)
    told = ", ".join(f"{key} {fitted[key]:.4f}" for key in EXPECTED)
    return Proof(
        claim="CDNOW's BG/NBD parameters are within 1 % of the published ones and the "
        "log-likelihood within 0.1 of −9582.4",
        figure=f"{told}, log-likelihood {fitted['log_likelihood']:.3f}",
        holds=worst < 0.01 and gap < 0.1,
    )
