"""Makes the tables of conversations, which are those of Rasa's `SQLTrackerStore`."""

from rasa.core.tracker_store import SQLTrackerStore
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from lumbar.database import connect
from lumbar.settings import settings
from lumbar.studio import errors


def make_tables(engine: Engine) -> None:
    """Make those that are missing.

    Raises:
        SQLAlchemyError: the database failed.
    """
    SQLTrackerStore.Base.metadata.create_all(engine)


def migrate() -> None:
    """Make them in the database that `settings` name.

    Raises:
        StudioError: it does not answer.
    """
    engine = connect(settings.database)
    try:
        make_tables(engine)
    except SQLAlchemyError as error:
        raise errors.no_answer_from(make_url(settings.database), type(error).__name__) from None
    finally:
        engine.dispose()
