import type { AppError } from '../platform/errors.ts';

/** The shape of every answer of the command endpoint and of `doCmd` (contract §3). */
export interface SuccessEnvelope {
  success: true;
  data: unknown;
  message: string;
}

export interface FailureEnvelope {
  success: false;
  data: null;
  message: string;
  errors: string[];
  code: string;
}

export type Envelope = SuccessEnvelope | FailureEnvelope;

/** A failure as it is shown: what the error wants to say, or else what the command calls its failures. */
export function failureEnvelope(error: AppError, failureMessage?: string): FailureEnvelope {
  return {
    success: false,
    data: null,
    message: error.publicMessage ?? failureMessage ?? error.details[0] ?? error.code,
    errors: error.details,
    code: error.code,
  };
}
