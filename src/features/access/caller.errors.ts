import { AppError } from '../../platform/errors.ts';

/** There is none of that id among those whom the caller may see. */
export function callerNotFound(kind: 'user' | 'client'): AppError {
  return new AppError({
    code: `access.${kind}-not-found`,
    kind: 'not-found',
    details: [kind === 'user' ? 'User not found' : 'API client not found'],
  });
}

/** Nobody gives what he does not have, nor takes over who may more than he. */
export function exceedsOwn(): AppError {
  return new AppError({
    code: 'access.exceeds-own',
    kind: 'forbidden',
    publicMessage: 'Permission denied',
    details: ['It would reach further than your own access does'],
  });
}

/** The last one with access to access could lock everybody out. */
export function ownAccess(): AppError {
  return new AppError({
    code: 'access.own-access',
    kind: 'conflict',
    details: ['You cannot take away your own access: let somebody else do it'],
  });
}

/** The client of ADMIN_API_KEY belongs to whoever sets the environment. */
export function clientOfEnvironment(): AppError {
  return new AppError({
    code: 'access.client-of-environment',
    kind: 'conflict',
    details: ['This client is that of ADMIN_API_KEY: change or unset the variable instead'],
  });
}

/** Work would be left that nobody acts for. */
export function stillActing(works: readonly string[]): AppError {
  return new AppError({
    code: 'access.still-acting',
    kind: 'conflict',
    details: [`Work acts as this caller: say in reassignTo who is to act in its place`, ...works],
  });
}

/** Whoever is to act in somebody's place has to be able to. */
export function heirUnfit(reason: string): AppError {
  return new AppError({
    code: 'access.heir-unfit',
    kind: 'conflict',
    details: [`reassignTo ${reason}`],
  });
}
