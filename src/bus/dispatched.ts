import { AppError } from '../platform/errors.ts';
import { type Envelope, failureEnvelope, type SuccessEnvelope } from './envelope.ts';

/** What came of an order. */
export interface Dispatched {
  status: number;
  envelope: Envelope;
  /** The failure itself, for the log; never for the answer. */
  error: AppError | null;
  /** True when `alongside` was committed with the command. */
  isStoredAlongside: boolean;
}

/** What a test says of a command that it does not do. */
export const simulated = { success: true, data: null, message: 'Simulated' } as const;

export function succeeded(envelope: SuccessEnvelope): Dispatched {
  return { status: 200, envelope, error: null, isStoredAlongside: false };
}

export function refused(error: AppError, failureMessage?: string): Dispatched {
  return {
    status: error.status,
    envelope: failureEnvelope(error, failureMessage),
    error,
    isStoredAlongside: false,
  };
}

/** The fields are not what the command takes. */
export function validationFailed(details: string[]): AppError {
  return new AppError({
    code: 'bus.validation-failed',
    kind: 'invalid',
    publicMessage: 'Validation failed',
    details,
  });
}

export function unknownCommand(type: string): AppError {
  return new AppError({
    code: 'bus.unknown-command',
    kind: 'invalid',
    publicMessage: 'Unknown command',
    details: [`There is no command "${type.slice(0, 100)}"`],
  });
}

/** The refusal of a caller who lacks it. */
export function permissionMissing(permission: string): AppError {
  return new AppError({
    code: 'access.permission-missing',
    kind: 'forbidden',
    publicMessage: 'Permission denied',
    details: [`The permission ${permission} is missing`],
  });
}
