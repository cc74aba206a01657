"""Where a city's data rests: SQLite by default, PostgreSQL when grown up; the same schema on both."""

from data.store.digest import digest
from data.store.known import Known
from data.store.store import OldStore, Shown, Store, StoreAway

__all__ = ["Known", "OldStore", "Shown", "Store", "StoreAway", "digest"]
