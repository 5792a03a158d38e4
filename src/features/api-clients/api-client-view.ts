import { isoTime } from '../../platform/clock.ts';
import { type ApiClientEntity, type ClientCredentials, reachOf } from '../access/index.ts';

/** A client as every answer shows it: its permissions are those of its role, or the ones that it was given by name. */
export function apiClientView(client: ApiClientEntity) {
  return {
    id: client.id,
    name: client.name,
    role: client.role,
    permissions: [...reachOf(client).permissions],
    accountId: client.accountId,
    isEnabled: client.isEnabled,
    origin: client.origin,
    createdAt: isoTime(client.createdAt),
  };
}

/** The same with what is known of its credentials. */
export function apiClientDetails(client: ApiClientEntity, credentials: ClientCredentials) {
  return { ...apiClientView(client), credentials: credentials.viewsOf(client.id) };
}
