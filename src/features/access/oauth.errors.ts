/** The reasons of RFC 6749 §5.2 that the client credentials grant has, and one for who guesses too much. */
export type OAuthReason =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_scope'
  | 'unsupported_grant_type'
  | 'temporarily_unavailable';

/** A token request that is refused; `description` may be shown to whoever asked. */
export class OAuthError extends Error {
  constructor(
    readonly reason: OAuthReason,
    readonly description: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(description);
  }
}
