"""Bring Superset's metadata to what phlo says, however often: schema, roles, the administrator, the databases."""

from __future__ import annotations

import uuid
from typing import Any

from phlo_superset_app.settings import read

# The same database has the same id in every project, so that exported dashboards fit another one.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "superset.phlo")
# The names of those that phlo may register.
DATABASES = ("lake", "published")


def main() -> None:
    from superset.app import create_app

    settings = read()
    app = create_app()
    with app.app_context():
        from flask_migrate import upgrade
        from superset.extensions import appbuilder

        upgrade()
        appbuilder.add_permissions(update_perms=True)
        appbuilder.sm.sync_role_definitions()
        see_to_admin(appbuilder.sm, settings["admin"])
        for database in settings["databases"]:
            see_to_database(database)
    for note in settings["notes"]:
        say(note)


def see_to_admin(security: Any, admin: dict[str, str]) -> None:
    """The administrator is there, active, and has the password that phlo knows."""
    user = security.find_user(username=admin["user"])
    if user is None:
        made = security.add_user(
            username=admin["user"],
            first_name="phlo",
            last_name="admin",
            email=admin["email"],
            role=security.find_role("Admin"),
            password=admin["password"],
        )
        if not made:
            raise SystemExit(f"phlo-superset: the user {admin['user']} could not be made.")
        say(f"made the user {admin['user']}")
        return
    security.reset_password(user.id, admin["password"])


def see_to_database(wanted: dict[str, Any]) -> None:
    """The database connection of this name leads where phlo says."""
    from superset.extensions import db, security_manager
    from superset.models.core import Database

    known = id_of(wanted["name"])
    found = db.session.query(Database).filter_by(uuid=known).one_or_none()
    if found is None:
        found = db.session.query(Database).filter_by(database_name=wanted["name"]).one_or_none()
    if found is None:
        found = Database(database_name=wanted["name"], uuid=known, expose_in_sqllab=True)
        db.session.add(found)
        say(f"registered the database {wanted['name']}")
    found.set_sqlalchemy_uri(wanted["uri"])
    db.session.commit()
    security_manager.add_permission_view_menu("database_access", found.perm)
    db.session.commit()


def id_of(database: str) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, database)


def say(text: str) -> None:
    print(f"phlo-superset: {text}", flush=True)


if __name__ == "__main__":
    main()
