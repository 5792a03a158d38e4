import { Global, Module } from '@nestjs/common';
import { DefinedCommands } from '../../bus/index.ts';
import { HttpRequestsModule } from '../http-requests/index.ts';
import { WebHookConfigsModule } from '../webhook-configs/index.ts';
import { ActingCallers } from './acting-callers.ts';
import { CheckDefinition } from './check-definition.ts';
import { CommandDefinitionDirectory } from './command-definition-directory.ts';
import { CommandDefinitions } from './command-definitions.ts';
import { CreateCommandDefinitionHandler } from './create-command-definition.command.ts';
import { DeleteCommandDefinitionHandler } from './delete-command-definition.command.ts';
import { GetCommandDefinitionByIdHandler } from './get-command-definition-by-id.query.ts';
import { GetCommandDefinitionListHandler } from './get-command-definition-list.query.ts';
import { OwnedDefinitions } from './owned-definitions.ts';
import { RunDefinition } from './run-definition.ts';
import { RunHttpDefinition } from './run-http-definition.ts';
import { RunScriptDefinition } from './run-script-definition.ts';
import { SecretHeaders } from './secret-headers.ts';
import { UpdateCommandDefinitionHandler } from './update-command-definition.command.ts';

/** Commands that are defined while the server runs. */
@Global()
@Module({
  imports: [HttpRequestsModule, WebHookConfigsModule],
  providers: [
    ActingCallers,
    CheckDefinition,
    CommandDefinitionDirectory,
    CommandDefinitions,
    OwnedDefinitions,
    RunDefinition,
    RunHttpDefinition,
    RunScriptDefinition,
    SecretHeaders,
    { provide: DefinedCommands, useExisting: CommandDefinitionDirectory },
    CreateCommandDefinitionHandler,
    UpdateCommandDefinitionHandler,
    DeleteCommandDefinitionHandler,
    GetCommandDefinitionByIdHandler,
    GetCommandDefinitionListHandler,
  ],
  exports: [DefinedCommands, CommandDefinitionDirectory],
})
export class CommandDefinitionsModule {}
