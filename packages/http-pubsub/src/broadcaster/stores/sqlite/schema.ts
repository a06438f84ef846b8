/**
 * Counts and the lives of messages are kept by triggers, so that no statement can forget them: a message goes with the last
 * delivery or log entry that refers to it, and takes its body along. `dues` has of each URL when its first delivery is due.
 */
const tables = `
  CREATE TABLE millrace_pubsub_state (
    version INTEGER NOT NULL,
    subscriptions INTEGER NOT NULL,
    globs_version INTEGER NOT NULL,
    deliveries INTEGER NOT NULL,
    bytes INTEGER NOT NULL
  ) STRICT;
  INSERT INTO millrace_pubsub_state VALUES (1, 0, 0, 0, 0);

  CREATE TABLE millrace_pubsub_subscriptions (
    url TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('topic', 'glob')),
    name BLOB NOT NULL,
    recovery TEXT,
    PRIMARY KEY (url, kind, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX millrace_pubsub_subscriptions_by_name ON millrace_pubsub_subscriptions (kind, name);
  CREATE TRIGGER millrace_pubsub_subscribed AFTER INSERT ON millrace_pubsub_subscriptions BEGIN
    UPDATE millrace_pubsub_state SET
      subscriptions = subscriptions + 1, globs_version = globs_version + (NEW.kind = 'glob');
  END;
  CREATE TRIGGER millrace_pubsub_unsubscribed AFTER DELETE ON millrace_pubsub_subscriptions BEGIN
    UPDATE millrace_pubsub_state SET
      subscriptions = subscriptions - 1, globs_version = globs_version + (OLD.kind = 'glob');
  END;

  CREATE TABLE millrace_pubsub_urls (
    url TEXT PRIMARY KEY,
    failing_since INTEGER,
    disabled_at INTEGER,
    disabled_reason TEXT,
    allowed_origin TEXT,
    allowed_rate INTEGER,
    next_call INTEGER
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE millrace_pubsub_messages (
    key TEXT PRIMARY KEY,
    topic BLOB NOT NULL,
    digest BLOB NOT NULL,
    tracing BLOB NOT NULL,
    published_at INTEGER NOT NULL,
    length INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE millrace_pubsub_bodies (
    body TEXT NOT NULL,
    part INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (body, part)
  ) STRICT;
  CREATE TABLE millrace_pubsub_staged (body TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TRIGGER millrace_pubsub_kept AFTER INSERT ON millrace_pubsub_messages BEGIN
    UPDATE millrace_pubsub_state SET bytes = bytes + NEW.length;
  END;
  CREATE TRIGGER millrace_pubsub_dropped AFTER DELETE ON millrace_pubsub_messages BEGIN
    UPDATE millrace_pubsub_state SET bytes = bytes - OLD.length;
    DELETE FROM millrace_pubsub_bodies WHERE body = OLD.body;
  END;

  CREATE TABLE millrace_pubsub_deliveries (
    id TEXT PRIMARY KEY,
    message TEXT,
    url TEXT NOT NULL,
    recovery TEXT,
    topic BLOB NOT NULL,
    attempts INTEGER NOT NULL,
    failure TEXT,
    redrives INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL,
    due INTEGER NOT NULL,
    owner TEXT,
    died_at INTEGER
  ) STRICT;
  CREATE INDEX millrace_pubsub_deliveries_by_due ON millrace_pubsub_deliveries (url, due) WHERE died_at IS NULL;
  CREATE INDEX millrace_pubsub_deliveries_by_death ON millrace_pubsub_deliveries (died_at, id) WHERE died_at IS NOT NULL;
  CREATE INDEX millrace_pubsub_deliveries_by_message ON millrace_pubsub_deliveries (message);
  CREATE TRIGGER millrace_pubsub_owed AFTER INSERT ON millrace_pubsub_deliveries BEGIN
    UPDATE millrace_pubsub_state SET deliveries = deliveries + 1;
    INSERT INTO millrace_pubsub_dues VALUES (NEW.url, NEW.due)
      ON CONFLICT DO UPDATE SET due = excluded.due WHERE excluded.due < due;
  END;
  CREATE TRIGGER millrace_pubsub_moved AFTER UPDATE OF due, died_at ON millrace_pubsub_deliveries BEGIN
    DELETE FROM millrace_pubsub_dues WHERE url = NEW.url;
    INSERT INTO millrace_pubsub_dues SELECT url, due FROM millrace_pubsub_deliveries
      WHERE url = NEW.url AND died_at IS NULL ORDER BY due LIMIT 1;
  END;

  CREATE TABLE millrace_pubsub_dues (url TEXT PRIMARY KEY, due INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX millrace_pubsub_dues_by_time ON millrace_pubsub_dues (due);

  CREATE TABLE millrace_pubsub_topics (
    topic BLOB PRIMARY KEY,
    sequence INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    written INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX millrace_pubsub_topics_by_age ON millrace_pubsub_topics (written);
  CREATE TABLE millrace_pubsub_log (
    topic BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    message TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    length INTEGER NOT NULL,
    PRIMARY KEY (topic, sequence)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX millrace_pubsub_log_by_message ON millrace_pubsub_log (message);

  CREATE TRIGGER millrace_pubsub_settled AFTER DELETE ON millrace_pubsub_deliveries BEGIN
    UPDATE millrace_pubsub_state SET deliveries = deliveries - 1;
    DELETE FROM millrace_pubsub_dues WHERE url = OLD.url;
    INSERT INTO millrace_pubsub_dues SELECT url, due FROM millrace_pubsub_deliveries
      WHERE url = OLD.url AND died_at IS NULL ORDER BY due LIMIT 1;
    DELETE FROM millrace_pubsub_messages WHERE key = OLD.message
      AND NOT EXISTS (SELECT 1 FROM millrace_pubsub_deliveries WHERE message = OLD.message)
      AND NOT EXISTS (SELECT 1 FROM millrace_pubsub_log WHERE message = OLD.message);
  END;
  CREATE TRIGGER millrace_pubsub_unlogged AFTER DELETE ON millrace_pubsub_log BEGIN
    UPDATE millrace_pubsub_topics SET messages = messages - 1, bytes = bytes - OLD.length WHERE topic = OLD.topic;
    DELETE FROM millrace_pubsub_messages WHERE key = OLD.message
      AND NOT EXISTS (SELECT 1 FROM millrace_pubsub_deliveries WHERE message = OLD.message)
      AND NOT EXISTS (SELECT 1 FROM millrace_pubsub_log WHERE message = OLD.message);
  END;
`;

export const broadcasterSchema = {
  table: 'millrace_pubsub_state',
  version: 1,
  tables,
  owner: '@millrace/http-pubsub',
};
