"""The dashboard "AI quality": can the AI's judgement be trusted?"""

from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from dashboards import ai_quality_queries as queries
from dashboards import house
from dashboards.bars import bars
from dashboards.frame import Page, Section, choice
from dashboards.heatmaps import heat
from dashboards.panels import FALL, MOVEMENT, RISE, Text, dashed, kpi, trend, value
from dashboards.tables import Column, listing, matrix

ACCURACY_LIMIT = f"{house.MODEL_QUALITY.value:.0%}"
NO_ANALYSES = "no analyses in this window"
FEW_CHECKED = "fewer than 30 checked answers in this window"
FEW_DECIDED = "fewer than 10 checked answers to divide by"
FEW_CALIBRATED = "fewer than 200 checked answers with a confidence"
FEW_VALUES = "fewer than 200 values in 7 days or in the 4 weeks before"
NONE_SHOWN = "no recommendations in this window"
DECISIONS = ("pass", "fail")
LABELS = ("positive", "neutral", "negative", "other")


def checked(title: str, said: str, no_value: str = FEW_CHECKED) -> Text:
    """Word a panel that compares the AI with people."""
    return Text(title, f"{said} From the analyses in the database that people have checked.", no_value)


def written(title: str, said: str, no_value: str = NO_ANALYSES) -> Text:
    """Word a panel on everything that the models wrote."""
    return Text(title, f"{said} From the skill assessments and sentiment analyses in the database.", no_value)


def advised(title: str, said: str, no_value: str = NONE_SHOWN) -> Text:
    """Word a panel on recommendations."""
    return Text(title, f"{said} From recommendations and the interviews of their users.", no_value)


NOW = {
    1: kpi(
        checked("Skill accuracy", "Share of the checked skill scores of the window that pass or fail as people said."),
        queries.SKILL_ACCURACY,
        units.PercentUnit,
        RISE,
        limit=house.MODEL_QUALITY,
    ),
    2: kpi(
        checked(
            "Skill false positives",
            "Of the skills of the window that people did not pass, the share that the AI passed.",
            FEW_DECIDED,
        ),
        queries.FALSE_POSITIVES,
        units.PercentUnit,
        FALL,
    ),
    3: kpi(
        checked(
            "Skill false negatives",
            "Of the skills of the window that people passed, the share that the AI did not.",
            FEW_DECIDED,
        ),
        queries.FALSE_NEGATIVES,
        units.PercentUnit,
        FALL,
    ),
    4: kpi(
        checked("Sentiment accuracy", "Share of the checked sentiments of the window that have the label people gave."),
        queries.SENTIMENT_ACCURACY,
        units.PercentUnit,
        RISE,
        limit=house.MODEL_QUALITY,
    ),
}
BASIS = {
    5: kpi(
        checked(
            "Lowest share checked",
            "Share of the analyses of the window that people checked, for the component where it is lowest; "
            "the less, the less is known of everything here.",
            NO_ANALYSES,
        ),
        queries.COVERAGE,
        units.PercentUnit,
        RISE,
    ),
    6: kpi(
        written("Analyses", "Answers that the models wrote in the window, of all components together."),
        queries.ANALYSES,
        units.Short,
        MOVEMENT,
        lead=house.AI_REALTIME,
    ),
    7: kpi(
        checked(
            "Largest calibration error",
            "How far confidence and accuracy lie apart over ten bins of confidence in the window, for the component "
            "where it is most: at 0 % an answer that claims 80 % is right in 80 of 100 cases.",
            FEW_CALIBRATED,
        ),
        queries.CALIBRATION,
        units.PercentUnit,
        FALL,
    ),
    8: value(
        written(
            "Signals drifting",
            "Signals whose values of the last 7 days are distributed otherwise than in the 4 weeks before, beyond what "
            "chance explains; red, and an alert, from one on.",
            FEW_VALUES,
        ),
        {"signals": queries.DRIFTING},
        units.Short,
        limit=house.DRIFT,
    ),
}
JUDGED = {
    9: trend(
        checked(
            "Accuracy with lower bound",
            "Share of the checked answers in the window before each instant that were right, and the lower bound of "
            f"its 95 % interval; below {ACCURACY_LIMIT}, the line, the bound of 30 days is an alert.",
        ),
        {
            "skill": queries.SKILL_ACCURACY(),
            "skill, lower bound": queries.SKILL_LOWER,
            "sentiment": queries.SENTIMENT_ACCURACY(),
            "sentiment, lower bound": queries.SENTIMENT_LOWER,
        },
        units.PercentUnit,
        colours={
            "skill": house.SKILL,
            "skill, lower bound": house.LIGHT_SKILL,
            "sentiment": house.SENTIMENT,
            "sentiment, lower bound": house.LIGHT_SENTIMENT,
        },
        limit=house.MODEL_QUALITY,
    ),
    10: trend(
        checked(
            "False positives and negatives",
            "Of the skills that people did not pass, the share that the AI passed, and the reverse, in the window "
            "before each instant.",
            FEW_DECIDED,
        ),
        {"false positives": queries.FALSE_POSITIVES(), "false negatives": queries.FALSE_NEGATIVES()},
        units.PercentUnit,
        colours={"false positives": house.BAD, "false negatives": house.WARNING},
    ),
}
SHIFTED = {
    11: dashed(
        trend(
            written(
                "Drift against its limit",
                "Population stability index (PSI) of the last 7 days against the 4 weeks before, by signal; dashed is "
                "what it exceeds by chance in one of a hundred cases, from where on it is an alert.",
                FEW_VALUES,
            ),
            {
                "{{component}} {{signal}}": queries.DRIFT,
                "limit of {{component}} {{signal}}": queries.DRIFT_LIMIT,
            },
            units.NoUnit,
            colours={},
        ),
        "B",
        house.DRIFT,
    ),
    12: trend(
        written(
            "Missing and out of range",
            "Share of the answers of the last 7 days without a value, and of the values outside their scale, by "
            "signal: a feature that broke shows here first.",
            "no analyses in 7 days",
        ),
        {
            "{{component}} {{signal}} missing": queries.MISSING,
            "{{component}} {{signal}} out of range": queries.OUT_OF_RANGE,
        },
        units.PercentUnit,
        colours={},
    ),
}
ERRORS = {
    13: trend(
        checked(
            "Score error, skill",
            "How far the AI's skill scores are from those of people in the window before each instant: on average, and "
            "on balance, which is above 0 where the AI is too kind; of a scale from 0 to 100 %.",
        ),
        {"error": queries.SCORE_ERROR, "bias": queries.SCORE_BIAS},
        units.PercentUnit,
        colours={"error": house.VOLUME, "bias": house.WARNING},
    ),
    14: trend(
        checked(
            "Sentiment F1 and recall",
            "Of each sentiment that people saw in the window before each instant, the share that the AI saw too; "
            "F1 weighs all labels alike, so that a rare one counts.",
        ),
        {"F1": queries.MACRO_F1, "{{label}}": queries.RECALL},
        units.PercentUnit,
        colours={"F1": house.NEUTRAL, "positive": house.GOOD, "neutral": house.VOLUME, "negative": house.BAD},
    ),
}
CONFUSED = {
    15: matrix(
        checked(
            "Confusion, skill",
            "Checked skills of the window: rows by what people decided, columns by what the AI did.",
            "disabled: people's scores are not mapped",
        ),
        queries.SKILL_CONFUSION,
        row="actual",
        column="predicted",
        columns=DECISIONS,
        unit=units.Short,
    ),
    16: matrix(
        checked(
            "Confusion, sentiment",
            "Checked sentiments of the window: rows by the label that people gave, columns by that of the AI.",
            "disabled: people's labels are not mapped",
        ),
        queries.SENTIMENT_CONFUSION,
        row="actual",
        column="predicted",
        columns=LABELS,
        unit=units.Short,
    ),
    17: listing(
        checked(
            "Accuracy by skill category",
            "Share of the checked skills of the window that pass or fail as people said, by category, and how many "
            "were checked; an accuracy needs 30.",
            "disabled: categories are not mapped",
        ),
        (
            Column("Accuracy", queries.CATEGORY_ACCURACY, units.PercentUnit),
            Column("Checked", queries.CATEGORY_VALIDATED, units.Short),
        ),
        width=8,
        height=8,
    ),
}
CONFIDENT = {
    18: heat(
        written("Confidence, skill", "Share of the skill scores in each tenth of confidence, by its lower bound."),
        "bin",
        queries.SKILL_CONFIDENCE,
    ),
    19: heat(
        written("Confidence, sentiment", "Share of the sentiments in each tenth of confidence, by its lower bound."),
        "bin",
        queries.SENTIMENT_CONFIDENCE,
    ),
}
RECOMMENDED = {
    20: value(
        advised(
            "Recommendations, 90 d",
            "Share accepted within 7 days of those shown in 90 days, moved back by 7 days; the mean rating, as a share "
            "of the scale from 1 to 5; the share of ratings of 4 or 5; and the share that was rated at all.",
        ),
        {
            "accepted": queries.ACCEPTED,
            "mean rating": queries.SATISFACTION,
            "rated 4 or 5": queries.CONTENT,
            "rated at all": queries.RATED,
        },
        units.PercentUnit,
        width=8,
        height=8,
    ),
    21: bars(
        advised(
            "Outcomes, 90 d",
            "Recommendations shown in 90 days, moved back by 7 days, by what became of them within 7 days.",
        ),
        "{{outcome}}",
        queries.OUTCOMES,
        units.Short,
        width=8,
    ),
    22: value(
        advised(
            "Acceptance and improvement",
            "Whether interviews went better after a recommendation that was accepted, in 90 days: correlation from -1 "
            "to 1, by how much more completion rose, and users compared; not the effect, as those who are "
            "motivated both accept and improve.",
            "fewer than 30 users with interviews before and after",
        ),
        {"correlation": queries.CORRELATION, "completion gained": queries.LIFT, "users, {{group}}": queries.PAIRS},
        units.NoUnit,
        width=8,
        height=8,
    ).override_by_query("B", [DynamicConfigValue("unit", units.PercentUnit)]),
}
IN_NUMBERS = {
    23: listing(
        written(
            "Samples by component",
            "What the figures of the window rest on, and how long an analysis took where that is recorded.",
        ),
        (
            Column("Analyses", queries.BY_COMPONENT(), units.Short),
            Column("Checked by people", queries.VALIDATED, units.Short),
            Column("With a confidence", queries.WITH_CONFIDENCE, units.Short),
            Column("Checked and with a confidence", queries.CALIBRATED, units.Short),
            Column("Mean time", queries.MEAN_DURATION, units.Seconds),
            Column("95th percentile", queries.P95_DURATION, units.Seconds),
        ),
        height=4,
    )
}

PAGE = Page(
    name="ai-quality",
    title="AI quality",
    question="Can the AI's judgement be trusted?",
    collectors=("ai_quality",),
    start="now-30d",
    variables=(choice("window", "Window", ("7d", "30d", "90d"), "30d"),),
    sections=(
        Section(100, "Now", (NOW, BASIS)),
        Section(200, "Trends", (JUDGED, SHIFTED, ERRORS)),
        Section(300, "Where it errs, and how sure it is", (CONFUSED, CONFIDENT)),
        Section(400, "Recommendations", (RECOMMENDED,)),
        Section(500, "In numbers", (IN_NUMBERS,)),
    ),
)
