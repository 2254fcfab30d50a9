"""The project's own rules for dbt-score: what each model owes its readers."""

import re

from dbt_score import Model, RuleViolation, rule

# Folder, as the path begins, and how the names in it begin.
PREFIXES = {
    "models/staging/": "stg_pm__",
    "models/intermediate/": "int_pm__",
    "models/marts/": "pm__",
    "python_models/": "ml_pm__",
}
CLOCK = re.compile(
    r"\b(current_date|current_timestamp|localtimestamp|now\s*\(|today\s*\(|getdate\s*\()",
    re.IGNORECASE,
)
GRAIN_TESTS = {"unique", "pm_unique_combination"}


@rule
def description_begins_with_the_grain(model: Model) -> RuleViolation | None:
    """The first sentence of a description is the grain."""
    if not model.description.startswith(("One row per ", "One row:")):
        return RuleViolation("The description does not begin with 'One row per ...'.")


@rule
def name_tells_the_layer(model: Model) -> RuleViolation | None:
    """The prefix of a name tells the folder, so the layer."""
    for folder, prefix in PREFIXES.items():
        if model.original_file_path.startswith(folder):
            if model.name.startswith(prefix):
                return None
            return RuleViolation(f"A model in {folder} is named {prefix}...")
    return RuleViolation("The model lies in none of the layers' folders.")


@rule
def public_model_has_a_contract(model: Model) -> RuleViolation | None:
    """A public table is a contract: columns and types are enforced."""
    if model.access == "public" and not model.config["contract"]["enforced"]:
        return RuleViolation("The model is public and its contract is not enforced.")


@rule
def public_model_has_a_tested_grain(model: Model) -> RuleViolation | None:
    """A test holds a public table to its grain."""
    tests = [*model.tests, *(test for column in model.columns for test in column.tests)]
    if model.access == "public" and not any(t.type in GRAIN_TESTS for t in tests):
        return RuleViolation("No test holds the public model to its grain.")


@rule
def model_has_an_owner_group(model: Model) -> RuleViolation | None:
    """A group answers for each model."""
    if not model.group:
        return RuleViolation("The model belongs to no group.")


@rule
def model_reads_no_clock(model: Model) -> RuleViolation | None:
    """Time is pm_as_of: another day changes nothing."""
    found = CLOCK.search(model.raw_code)
    if found:
        return RuleViolation(f"The model asks for the time: {found.group()}.")


@rule
def model_reads_only_earlier_layers(model: Model) -> RuleViolation | None:
    """Staging reads inputs, intermediate models no marts."""
    not_above = {
        "stg_pm__": ("int_pm__", "ml_pm__", "pm__"),
        "int_pm__": ("pm__",),
        "ml_pm__": ("pm__",),
    }
    above = next((a for own, a in not_above.items() if model.name.startswith(own)), ())
    parents = [
        name
        for name in (node.rsplit(".", 1)[-1] for node in model.depends_on["nodes"])
        if name.startswith(above or "\0")
    ]
    if parents:
        return RuleViolation(f"It reads from a later layer: {', '.join(parents)}.")


@rule
def python_model_is_thin(model: Model, max_lines: int = 60) -> RuleViolation | None:
    """A Python model is a docstring, an import and a call; src/ does the work."""
    line_count = len(model.raw_code.splitlines())
    if model.language == "python" and line_count > max_lines:
        return RuleViolation(f"{line_count} lines of Python (> {max_lines}).")
