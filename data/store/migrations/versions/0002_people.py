"""What people may ask of their own data: less of a theme, no profile, a fresh start, erasure; and answers kept for retries."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("passports", sa.Column("less", sa.Text()))
    op.add_column("passports", sa.Column("edited", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("passports", sa.Column("muted", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("passports", sa.Column("counts_from", sa.BigInteger()))
    op.create_table(
        "erasures",
        sa.Column("city", NAME, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["city"], ["cities.city"], name="fk_erasures_cities", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("city", "number", name="pk_erasures"),
    )
    op.create_table(
        "retries",
        sa.Column("city", NAME, nullable=False),
        sa.Column("key", NAME, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["city"], ["cities.city"], name="fk_retries_cities", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("city", "key", name="pk_retries"),
    )


def downgrade() -> None:
    op.drop_table("retries")
    op.drop_table("erasures")
    with op.batch_alter_table("passports") as passports:
        passports.drop_column("counts_from")
        passports.drop_column("muted")
        passports.drop_column("edited")
        passports.drop_column("less")
