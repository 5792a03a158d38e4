import { ConfigError, readConfig } from '../../src/config.ts';

/** The sentences with which a start is refused; none when it is not. */
export function refusals(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.sentences;
    throw error;
  }
}
