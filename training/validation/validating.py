"""Evidence to report: every section in order, then findings and opinion from what they judged."""

from __future__ import annotations

from collections.abc import Callable

from models import __version__
from training.validation.evidence import Evidence
from training.validation.measured import Measured, Part
from training.validation.report import Subject, ValidationReport
from training.validation.sections.calibration import calibration_section
from training.validation.sections.challengers import challengers
from training.validation.sections.discrimination import discrimination
from training.validation.sections.explanation import explanation
from training.validation.sections.findings import findings_section, opinion_on, opinion_section, ranked_findings
from training.validation.sections.limit_engine import limit_engine
from training.validation.sections.lineage import lineage
from training.validation.sections.outcome import outcome_section
from training.validation.sections.parity import parity
from training.validation.sections.proxies import proxies
from training.validation.sections.scope import scope, use
from training.validation.sections.sensitivity import sensitivity
from training.validation.sections.soundness import soundness
from training.validation.sections.stability import stability_section
from training.validation.sections.target import target
from training.validation.writing import words

SECTIONS: tuple[Callable[[Measured], Part], ...] = (
    scope,
    use,
    lineage,
    target,
    soundness,
    challengers,
    discrimination,
    calibration_section,
    stability_section,
    sensitivity,
    limit_engine,
    explanation,
    proxies,
    parity,
    outcome_section,
)
STEPS = len(SECTIONS)


def validate(evidence: Evidence, progress: Callable[[], None] = lambda: None) -> ValidationReport:
    """The report on a model; no clock is read, so the same evidence gives the same bytes.

    `progress` is told STEPS times.
    """
    measured = Measured(evidence)
    parts = []
    for section in SECTIONS:
        parts.append(section(measured))
        progress()
    gates = tuple(gate for part in parts for gate in part.gates)
    findings = ranked_findings(measured, gates, [each for part in parts for each in part.observations])
    opinion = opinion_on(measured, gates, findings)
    bundle = evidence.bundle
    return ValidationReport(
        schema_version=1,
        subject=Subject(
            bundle_digest=bundle.digest,
            trained_as_of=bundle.trained_as_of.isoformat(),
            code_version=__version__,
            as_of=evidence.as_of.isoformat(),
            policy_on=evidence.policy.on.isoformat(),
            policy_digest=evidence.policy.digest,
            validation_policy_digest=evidence.policy.validation_digest,
            data_origin=tuple(sorted({*bundle.data_origin, *evidence.lineage.data_origin})),
            label_origin=bundle.label_origin,
            simulated=bundle.simulated,
            caution=words(bundle.caution["zh"], bundle.caution["en"]) if bundle.caution else None,
        ),
        opinion=opinion,
        gates=gates,
        findings=findings,
        sections=(
            *(part.section for part in parts),
            findings_section(findings),
            opinion_section(measured, gates, opinion),
        ),
    )
