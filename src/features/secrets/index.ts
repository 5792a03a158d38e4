export { SecretVersionEntity } from './secret-version.entity.ts';
export { Secrets } from './secrets.ts';
export { SecretsModule } from './secrets.module.ts';
