-- Providers that speak something else than OpenAI's chat completions.
ALTER TABLE provider DROP CONSTRAINT provider_kind_check;
ALTER TABLE provider ADD CONSTRAINT provider_kind_check CHECK (kind IN ('openai', 'anthropic', 'gemini', 'ollama'));
