"""Every table of the first release. Until that release it follows the metadata; from then on it is frozen.

Revision: 0001
"""

from __future__ import annotations

from alembic import op

from jitl.sql.tables import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind(), checkfirst=False)


def downgrade() -> None:
    metadata.drop_all(op.get_bind())
