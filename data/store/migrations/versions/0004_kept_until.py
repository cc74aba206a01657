"""Since when a rejected row lies there unchanged, so that it can go after its term."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("quarantine", sa.Column("at", sa.BigInteger()))


def downgrade() -> None:
    with op.batch_alter_table("quarantine") as quarantine:
        quarantine.drop_column("at")
