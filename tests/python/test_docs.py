"""What the pages say, held against what the project does."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "README.zh.md"]


def project():
    return yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))


def public_models():
    return sorted(path.stem for path in (ROOT / "models/marts").rglob("pm__*.sql"))


def settings_of(page):
    """Var -> default as text, from the page's table of settings."""
    found = {}
    for line in (ROOT / page).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        names = re.findall(r"`(pm_[a-z_]+)`", cells[0])
        if not names or len(cells) != 3:
            continue
        # One var may have a list for its default; several share one cell.
        defaults = re.split(r", |、", cells[1]) if len(names) > 1 else [cells[1]]
        if len(defaults) == 1:
            defaults = defaults * len(names)
        found.update(zip(names, defaults, strict=True))
    return found


@pytest.mark.parametrize("page", PAGES)
def test_each_var_stands_in_the_table_with_its_default(page):
    shown = settings_of(page)
    defaults = project()["vars"]
    assert sorted(shown) == sorted(defaults)
    in_words = {"pm_inputs", "pm_as_of", "pm_timezone", "pm_max_order_date"}
    for name in set(defaults) - in_words:
        value = defaults[name]
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if isinstance(value, list):
            text = f"[{', '.join(map(str, value))}]"
        assert shown[name] == text, name


def test_each_var_has_a_rule_at_start_up():
    text = (ROOT / "macros/config/pm_var_problems.sql").read_text(encoding="utf-8")
    rules = text.split("{% macro pm_var_rules() %}")[1].split("{% endmacro %}")[0]
    checked = set(re.findall(r"'(pm_[a-z_]+)'\s*:", rules))
    assert checked == set(project()["vars"])


def test_each_var_is_explained_where_it_is_set():
    lines = (ROOT / "dbt_project.yml").read_text(encoding="utf-8").splitlines()
    start = lines.index("vars:")
    unexplained = []
    is_explained = False
    for line in lines[start + 1 :]:
        if line.startswith("  #"):
            is_explained = not line.startswith("  # --")
        elif not line.strip():
            is_explained = False
        elif (
            (match := re.match(r"  (pm_[a-z_]+):", line))
            and not is_explained
            and not match[1].startswith(("pm_enable_", "pm_gate_"))
        ):
            unexplained.append(match[1])
    assert unexplained == []


@pytest.mark.parametrize("page", PAGES)
def test_each_public_table_is_named(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert [model for model in public_models() if f"`{model}`" not in text] == []


@pytest.mark.parametrize("page", PAGES)
def test_no_table_is_named_that_does_not_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"\b(pm__[a-z_]+)\b", text))
    assert named - set(public_models()) == set()


@pytest.mark.parametrize("page", PAGES)
def test_the_input_table_is_the_contract(page):
    text = (ROOT / "macros/inputs/pm_input_contract.sql").read_text(encoding="utf-8")
    contract = {}
    for name, body in re.findall(
        r"^        '(\w+)': \{\n(.*?)^        \},", text, re.S | re.M
    ):
        columns = body.split("'columns': {")[1]
        contract[name] = set(re.findall(r"'(\w+)': (?:\w|\{)", columns)) - {
            "type",
            "required",
        }
    shown = {}
    for line in (ROOT / page).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        name = re.match(r"\w+", cells[0], re.A)
        if len(cells) == 3 and name and name[0] in contract:
            listed = ", ".join(cells[1:])
            shown[name[0]] = set(re.findall(r"[a-z_]+", listed))
    assert shown == contract


@pytest.mark.parametrize(
    "page",
    [
        *PAGES,
        "DECISIONS.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "docs/bi.md",
        "models/README.md",
        "bench/README.md",
    ],
)
def test_links_lead_somewhere(page):
    path = ROOT / page
    targets = re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
    here = [target for target in targets if "://" not in target]
    assert [target for target in here if not (path.parent / target).exists()] == []


def exposures():
    text = (ROOT / "models/marts/_exposures.yml").read_text(encoding="utf-8")
    return {
        exposure["name"]: {
            re.search(r"'(\w+)'", to)[1] for to in exposure["depends_on"]
        }
        for exposure in yaml.safe_load(text)["exposures"]
    }


def test_somebody_reads_each_public_table():
    assert set(public_models()) - set().union(*exposures().values()) == set()


def test_the_exposure_of_the_dashboard_names_each_table_that_it_reads():
    text = (ROOT / "examples/dashboard/app.py").read_text(encoding="utf-8")
    read = set(re.findall(r"\b(pm__[a-z_]+)\b", text))
    assert exposures()["example_dashboard"] == read


def test_the_files_that_contributors_are_sent_to_are_there():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([^`]+\.(?:sql|csv|yml|py|md))`", text))
    whole = {name for name in named if "<" not in name}
    folders = [ROOT / name for name in ("models", "python_models", "seeds", "macros")]
    # A name alone is that of a file in a folder named before.
    absent = {
        name
        for name in whole
        if not (ROOT / name).exists()
        and not ("/" not in name and any(any(f.rglob(name)) for f in folders))
    }
    assert len(whole) >= 15 and absent == set()


def test_names_for_metricflow_leave_the_projects_that_install_this_one_theirs():
    folder = ROOT / "models/semantic"
    metrics = yaml.safe_load((folder / "_metrics.yml").read_text(encoding="utf-8"))
    models = yaml.safe_load(
        (folder / "_semantic_models.yml").read_text(encoding="utf-8")
    )["semantic_models"]
    named = metrics["metrics"] + models
    named += [part for model in models for part in model["entities"]]
    named += [part for model in models for part in model["measures"]]
    names = [one["name"] for one in named]
    names += [model["primary_entity"] for model in models if "primary_entity" in model]
    assert len(names) > 40
    assert [name for name in names if not name.startswith("pm_")] == []
