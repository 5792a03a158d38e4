export { CommandDefinitionDirectory } from './command-definition-directory.ts';
export { CommandDefinitionEntity } from './command-definition.entity.ts';
export { CommandDefinitionVersionEntity } from './command-definition-version.entity.ts';
export { CommandDefinitionsModule } from './command-definitions.module.ts';
