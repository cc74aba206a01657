"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "cities",
        sa.Column("city", NAME, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("as_of", sa.BigInteger()),
        sa.Column("default_mode", sa.Text(), nullable=False),
        sa.Column("travel", sa.JSON(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("has_sessions", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("city", name="pk_cities"),
    )
    op.create_table(
        "activities",
        sa.Column("city", NAME, nullable=False),
        sa.Column("activity_id", NAME, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("language", sa.Text()),
        sa.Column("domain", sa.Text()),
        sa.Column("organiser", sa.Text()),
        sa.Column("venue_id", NAME),
        sa.Column("age_min", sa.Double()),
        sa.Column("age_max", sa.Double()),
        sa.Column("price", sa.Double()),
        sa.Column("form", sa.Text()),
        sa.Column("stage", sa.Text()),
        sa.Column("requires", sa.Text()),
        sa.Column("awards", sa.Text()),
        sa.Column("access", sa.Text()),
        sa.Column("company", sa.Text()),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["city"], ["cities.city"], name="fk_activities_cities", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("city", "activity_id", name="pk_activities"),
    )
    op.create_table(
        "feedback",
        sa.Column("city", NAME, nullable=False),
        sa.Column("learner_id", NAME, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("request_id", NAME, nullable=False),
        sa.Column("activity_id", NAME, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("session_id", NAME),
        sa.Column("release", sa.Text()),
        sa.Column("rank", sa.Integer()),
        sa.Column("slot", sa.Text()),
        sa.Column("probability", sa.Double()),
        sa.CheckConstraint("probability > 0 AND probability <= 1", name="probability_is_a_chance"),
        sa.ForeignKeyConstraint(["city"], ["cities.city"], name="fk_feedback_cities", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("city", "learner_id", "at", "request_id", "activity_id", "kind", name="pk_feedback"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "keys",
        sa.Column("key_id", NAME, nullable=False),
        sa.Column("city", NAME, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("label", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["city"], ["cities.city"], name="fk_keys_cities", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key_id", name="pk_keys"),
    )
    op.create_table(
        "lines",
        sa.Column("city", NAME, nullable=False),
        sa.Column("line_id", NAME, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("theme", NAME),
        sa.Column("badge", sa.Text()),
        sa.ForeignKeyConstraint(["city"], ["cities.city"], name="fk_lines_cities", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("city", "line_id", name="pk_lines"),
    )
    op.create_table(
        "passports",
        sa.Column("city", NAME, nullable=False),
        sa.Column("learner_id", NAME, nullable=False),
        sa.Column("age", sa.Text()),
        sa.Column("home_lat", sa.Double()),
        sa.Column("home_lon", sa.Double()),
        sa.Column("area", sa.Text()),
        sa.Column("languages", sa.Text()),
        sa.Column("wishes", sa.Text()),
        sa.Column("avoid", sa.Text()),
        sa.Column("badges", sa.Text()),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["city"], ["cities.city"], name="fk_passports_cities", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("city", "learner_id", name="pk_passports"),
    )
    op.create_table(
        "quarantine",
        sa.Column("city", NAME, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer()),
        sa.ForeignKeyConstraint(["city"], ["cities.city"], name="fk_quarantine_cities", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("city", "digest", name="pk_quarantine"),
    )
    op.create_table(
        "stamps",
        sa.Column("city", NAME, nullable=False),
        sa.Column("learner_id", NAME, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("activity_id", NAME, nullable=False),
        sa.Column("session_id", NAME),
        sa.Column("chosen_by", sa.Text()),
        sa.Column("enjoyed", sa.Double()),
        sa.ForeignKeyConstraint(["city"], ["cities.city"], name="fk_stamps_cities", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("city", "learner_id", "at", "activity_id", name="pk_stamps"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "themes",
        sa.Column("city", NAME, nullable=False),
        sa.Column("theme_id", NAME, nullable=False),
        sa.Column("parent", NAME),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["city"], ["cities.city"], name="fk_themes_cities", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("city", "theme_id", name="pk_themes"),
    )
    op.create_table(
        "venues",
        sa.Column("city", NAME, nullable=False),
        sa.Column("venue_id", NAME, nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("domain", sa.Text()),
        sa.Column("lat", sa.Double()),
        sa.Column("lon", sa.Double()),
        sa.Column("area", sa.Text()),
        sa.Column("opening_hours", sa.Text()),
        sa.Column("accessible", sa.Boolean()),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["city"], ["cities.city"], name="fk_venues_cities", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("city", "venue_id", name="pk_venues"),
    )
    op.create_table(
        "activity_themes",
        sa.Column("city", NAME, nullable=False),
        sa.Column("activity_id", NAME, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("theme_id", NAME, nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["city", "activity_id"],
            ["activities.city", "activities.activity_id"],
            name="fk_activity_themes_activities",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("city", "activity_id", "position", name="pk_activity_themes"),
    )
    op.create_table(
        "sessions",
        sa.Column("city", NAME, nullable=False),
        sa.Column("session_id", NAME, nullable=False),
        sa.Column("activity_id", NAME, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("venue_id", NAME),
        sa.Column("lat", sa.Double()),
        sa.Column("lon", sa.Double()),
        sa.Column("capacity_left", sa.BigInteger()),
        sa.Column("status", sa.Text()),
        sa.Column("drop_in", sa.Boolean()),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["city", "activity_id"],
            ["activities.city", "activities.activity_id"],
            name="fk_sessions_activities",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["city"], ["cities.city"], name="fk_sessions_cities", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("city", "session_id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_activity", "sessions", ["city", "activity_id"])
    op.create_table(
        "stations",
        sa.Column("city", NAME, nullable=False),
        sa.Column("line_id", NAME, nullable=False),
        sa.Column("station", sa.Integer(), nullable=False),
        sa.Column("activity_id", NAME, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["city", "activity_id"],
            ["activities.city", "activities.activity_id"],
            name="fk_stations_activities",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["city", "line_id"], ["lines.city", "lines.line_id"], name="fk_stations_lines", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("city", "line_id", "station", name="pk_stations"),
    )


def downgrade() -> None:

    op.drop_table("stations")
    op.drop_table("sessions")
    op.drop_table("activity_themes")
    op.drop_table("venues")
    op.drop_table("themes")
    op.drop_table("stamps")
    op.drop_table("quarantine")
    op.drop_table("passports")
    op.drop_table("lines")
    op.drop_table("keys")
    op.drop_table("feedback")
    op.drop_table("activities")
    op.drop_table("cities")
