-- How long a provider is waited for, and what cached tokens cost, where it is not as usual.
ALTER TABLE provider ADD COLUMN price_cached BIGINT;
ALTER TABLE provider ADD COLUMN connect_timeout_ms INTEGER;
ALTER TABLE provider ADD COLUMN first_token_ms INTEGER;
ALTER TABLE provider ADD COLUMN stall_ms INTEGER;
