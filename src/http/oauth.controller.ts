import { Controller, Header, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ClientTokens, OAuthError, type OAuthReason } from '../features/access/index.ts';
import { toldInTime } from '../platform/db/index.ts';
import { ClientAddress } from './client-address.ts';
import { rawBodyOf } from './raw-body.ts';
import { readTokenRequest } from './token-request.ts';

/** RFC 6749 §5.2: 400 but for a client that could not be authenticated; 429 as RFC 6585 has it. */
const statusOfReason: Readonly<Record<OAuthReason, number>> = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_scope: 400,
  unsupported_grant_type: 400,
  temporarily_unavailable: 429,
};

/** `POST /oauth/token`: the client credentials grant of RFC 6749 §4.4. */
@Controller('oauth')
export class OAuthController {
  constructor(
    @Inject(ClientTokens) private readonly tokens: ClientTokens,
    @Inject(ClientAddress) private readonly clientAddress: ClientAddress,
  ) {}

  @Post('token')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Header('pragma', 'no-cache')
  async token(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    try {
      const wish = readTokenRequest(request.headers, request.query as object, rawBodyOf(request));
      return await toldInTime(() => this.tokens.issue({ ...wish, address: this.clientAddress.of(request) }));
    } catch (thrown) {
      if (!(thrown instanceof OAuthError)) throw thrown;
      if (thrown.reason === 'invalid_client')
        void reply.header('www-authenticate', 'Basic realm="Signalbox"');
      if (thrown.retryAfterSeconds !== undefined)
        void reply.header('retry-after', String(thrown.retryAfterSeconds));
      void reply.status(statusOfReason[thrown.reason]);
      return { error: thrown.reason, error_description: thrown.description };
    }
  }
}
