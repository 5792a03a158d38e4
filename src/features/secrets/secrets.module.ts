import { Module } from '@nestjs/common';
import { DeleteSecretHandler } from './delete-secret.command.ts';
import { GetSecretListHandler } from './get-secret-list.query.ts';
import { SecretVersions } from './secret-versions.ts';
import { Secrets } from './secrets.ts';
import { SetSecretHandler } from './set-secret.command.ts';

/** What scripts may know and nobody may read. */
@Module({
  providers: [Secrets, SecretVersions, SetSecretHandler, DeleteSecretHandler, GetSecretListHandler],
  exports: [Secrets],
})
export class SecretsModule {}
