"""The statistics, in SQL that every engine of the platform understands."""

from __future__ import annotations

# What each is called in the published database, and what computes it.
STATEMENTS = {
    "totals": """
        SELECT count(*) AS commits, count(DISTINCT author) AS authors, min(committed_at) AS first_commit,
               max(committed_at) AS last_commit
        FROM {lake}.stats.commits
    """,
    "authors": """
        SELECT author, count(*) AS commits, sum(insertions) AS insertions, sum(deletions) AS deletions
        FROM (
            SELECT commits.sha, commits.author, coalesce(sum(changes.insertions), 0) AS insertions,
                   coalesce(sum(changes.deletions), 0) AS deletions
            FROM {lake}.stats.commits AS commits
            LEFT JOIN {lake}.stats.changes AS changes ON changes.sha = commits.sha
            GROUP BY commits.sha, commits.author
        ) AS by_commit
        GROUP BY author
        ORDER BY commits DESC, author
    """,
    "months": """
        SELECT month, count(*) AS commits
        FROM {lake}.stats.commits
        GROUP BY month
        ORDER BY month
    """,
    "folders": """
        SELECT folder, count(DISTINCT path) AS files, sum(insertions) AS insertions, sum(deletions) AS deletions
        FROM {lake}.stats.changes
        GROUP BY folder
        ORDER BY insertions DESC, folder
    """,
}
