-- Providers that speak something else than OpenAI's chat completions.
CREATE TABLE provider_next (
    id             INTEGER PRIMARY KEY,
    name           TEXT    NOT NULL UNIQUE,
    kind           TEXT    NOT NULL CHECK (kind IN ('openai', 'anthropic', 'gemini', 'ollama')),
    base_url       TEXT    NOT NULL,
    model          TEXT    NOT NULL,
    api_key_sealed TEXT,
    timeout_s      INTEGER NOT NULL CHECK (timeout_s BETWEEN 1 AND 600),
    price_in       INTEGER NOT NULL DEFAULT 0 CHECK (price_in >= 0),
    price_out      INTEGER NOT NULL DEFAULT 0 CHECK (price_out >= 0),
    created_at     INTEGER NOT NULL
) STRICT;
INSERT INTO provider_next (id, name, kind, base_url, model, api_key_sealed, timeout_s, price_in, price_out, created_at)
    SELECT id, name, kind, base_url, model, api_key_sealed, timeout_s, price_in, price_out, created_at FROM provider;
DROP TABLE provider;
ALTER TABLE provider_next RENAME TO provider;
