CREATE TABLE events (
  ce_source text NOT NULL,
  ce_id text NOT NULL,
  ce_time text NOT NULL,   -- as the vendor's digits are
  time timestamptz NOT NULL,
  action text,             -- an event may have none
  generation text,         -- above 1: an operator has published it again
  event text NOT NULL,     -- the vendor's bytes
  PRIMARY KEY (ce_source, ce_id)
);
CREATE INDEX ON events (time);
