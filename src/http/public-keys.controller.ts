import { Controller, Get, Header, Inject } from '@nestjs/common';
import { AccessTokens } from '../features/access/index.ts';

/** The keys with which anybody may verify what we sign (RFC 7517). */
@Controller()
export class PublicKeysController {
  constructor(@Inject(AccessTokens) private readonly tokens: AccessTokens) {}

  @Get('.well-known/jwks.json')
  // A minute: whoever caches it learns of a new key before its first token is a minute old.
  @Header('cache-control', 'public, max-age=60')
  keys() {
    return this.tokens.jwks();
  }
}
