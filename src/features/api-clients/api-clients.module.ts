import { Module } from '@nestjs/common';
import { CreateApiClientHandler } from './create-api-client.command.ts';
import { DeleteApiClientHandler } from './delete-api-client.command.ts';
import { GetApiClientByIdHandler } from './get-api-client-by-id.query.ts';
import { GetApiClientListHandler } from './get-api-client-list.query.ts';
import { RotateApiKeyHandler } from './rotate-api-key.command.ts';
import { RotateClientSecretHandler } from './rotate-client-secret.command.ts';
import { RotateCredential } from './rotate-credential.ts';
import { UpdateApiClientHandler } from './update-api-client.command.ts';

/** Machines that call us. */
@Module({
  providers: [
    RotateCredential,
    CreateApiClientHandler,
    UpdateApiClientHandler,
    DeleteApiClientHandler,
    GetApiClientByIdHandler,
    GetApiClientListHandler,
    RotateApiKeyHandler,
    RotateClientSecretHandler,
  ],
})
export class ApiClientsModule {}
