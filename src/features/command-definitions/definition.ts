import type { DefinitionContent } from './command-definition.rules.ts';

/** One version of a definition, as it is run. */
export interface Definition {
  id: string;
  name: string;
  accountId: string;
  version: number;
  /** Who saved it. */
  ownerId: string;
  content: DefinitionContent;
}
