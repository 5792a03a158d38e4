export { commandNamesOf, type NamedChainStep, namedSteps } from './command-chain.rules.ts';
export { WebHookConfigDirectory } from './webhook-config-directory.ts';
export { WebHookConfigEntity } from './webhook-config.entity.ts';
export { WebHookConfigVersions } from './webhook-config-versions.ts';
export { UnsavedConfigs } from './unsaved-configs.ts';
export {
  configFields,
  configId,
  configKey,
  executionTypes,
  type ExecutionType,
} from './webhook-config.rules.ts';
export { configNotFound, draftNotFound } from './webhook-config.errors.ts';
export { type ConfigSnapshot, snapshotOf } from './webhook-config-snapshot.rules.ts';
export { WebHookConfigVersionEntity } from './webhook-config-version.entity.ts';
export { WebHookConfigsModule } from './webhook-configs.module.ts';
export { fixedEndpointPaths, isFixedEndpoint } from './webhook-path.rules.ts';
