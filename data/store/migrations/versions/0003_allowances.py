"""How much of a key's allowance is left, shared by all workers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "allowances",
        sa.Column("city", NAME, nullable=False),
        sa.Column("key_id", NAME, nullable=False),
        sa.Column("tokens", sa.Double(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["city"], ["cities.city"], name="fk_allowances_cities", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("city", "key_id", name="pk_allowances"),
    )


def downgrade() -> None:
    op.drop_table("allowances")
