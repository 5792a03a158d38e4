import { type StoredVerification, verificationFaults } from '../verification/index.ts';
import type { ConfigFields, ConfigSettings } from './webhook-config.rules.ts';
import { pathShape } from './webhook-path.rules.ts';

/** The fields of one save, its secrets sealed. */
export type ConfigSnapshot = Omit<ConfigFields, 'verification'> & {
  verification?: StoredVerification | undefined;
};

/** What somebody has prepared and not published. */
export interface ConfigDraft {
  /** Of the verification's secrets it holds those that were sent with it; absent, the configuration's own stay. */
  snapshot: ConfigSnapshot;
  savedBy: string;
  /** Milliseconds since 1970. */
  savedAt: number;
  /** The configuration's version when it was saved. */
  baseVersion: number;
}

/** The part of a configuration that a save writes. */
export type ConfigContent = Omit<ConfigSnapshot, keyof ConfigSettings> & {
  pathShape: string;
  settings: ConfigSettings;
};

export function contentOf(snapshot: ConfigSnapshot): ConfigContent {
  const { description, isEnabled, path, action, executionType, ...settings } = snapshot;
  return { description, isEnabled, path, pathShape: pathShape(path), action, executionType, settings };
}

/** The same the other way round. */
export function snapshotOf({ settings, ...head }: ConfigContent): ConfigSnapshot {
  const { description, isEnabled, path, action, executionType } = head;
  return { description, isEnabled, path, action, executionType, ...settings };
}

/** The snapshot with the secrets that it leaves out, where the kept ones are of the same scheme: as an update keeps them. */
export function completed(snapshot: ConfigSnapshot, kept: StoredVerification | undefined): ConfigSnapshot {
  const { verification } = snapshot;
  if (!verification || !lacksSecrets(snapshot) || verificationFaults(verification, kept).length > 0)
    return snapshot;
  return { ...snapshot, verification: { ...verification, sealedSecrets: kept?.sealedSecrets ?? [] } };
}

/** True where calls could not be verified, because there is nothing to verify them with. */
export function lacksSecrets({ verification }: ConfigSnapshot): boolean {
  if (!verification || verification.scheme === 'none') return false;
  return !verification.sealedSecrets?.length;
}
