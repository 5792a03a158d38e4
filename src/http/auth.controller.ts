import { Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ChangePassword, passwordField, SignIn } from '../features/access/index.ts';
import { toldInTime } from '../platform/db/index.ts';
import { AppError } from '../platform/errors.ts';
import { ClientAddress } from './client-address.ts';
import { readJsonObject } from './json-body.ts';
import { rawBodyOf } from './raw-body.ts';
import { requestIdOf } from './request-id.ts';

const credentials = z.strictObject({
  username: z.string().min(1).max(200),
  password: z.string().min(1).max(256),
});
const newPassword = z.strictObject({
  username: z.string().min(1).max(200),
  password: z.string().min(1).max(256),
  newPassword: passwordField,
});
const refreshTokenBody = z.strictObject({ refreshToken: z.string().min(1).max(200) });

/** Tokens for people: `/api/auth/login`, `/refresh`, `/logout`, `/password`. */
@Controller('api/auth')
export class AuthController {
  constructor(
    @Inject(SignIn) private readonly signIn: SignIn,
    @Inject(ChangePassword) private readonly passwords: ChangePassword,
    @Inject(ClientAddress) private readonly clientAddress: ClientAddress,
  ) {}

  @Post('login')
  @HttpCode(200)
  async login(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    void reply.header('cache-control', 'no-store');
    const { username, password } = read(credentials, request, 'Send username and password');
    const data = await toldInTime(() =>
      this.signIn.login(username, password, this.clientAddress.of(request)),
    );
    return { success: true, data, message: 'Login successful' };
  }

  @Post('refresh')
  @HttpCode(200)
  async refresh(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    void reply.header('cache-control', 'no-store');
    const { refreshToken } = read(refreshTokenBody, request, 'Send the refreshToken');
    return {
      success: true,
      data: await toldInTime(() => this.signIn.refresh(refreshToken)),
      message: 'Token refreshed',
    };
  }

  @Post('logout')
  @HttpCode(200)
  async logout(@Req() request: FastifyRequest) {
    const { refreshToken } = read(refreshTokenBody, request, 'Send the refreshToken');
    await toldInTime(() => this.signIn.logout(refreshToken));
    return { success: true, data: null, message: 'Logged out' };
  }

  @Post('password')
  @HttpCode(200)
  async changePassword(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    void reply.header('cache-control', 'no-store');
    const sentence = 'Send username, password and a newPassword of at least 8 characters';
    const { newPassword: chosen, ...proof } = read(newPassword, request, sentence);
    const origin = { requestId: requestIdOf(reply) };
    const asked = { ...proof, address: this.clientAddress.of(request), origin };
    await toldInTime(() => this.passwords.change(asked, chosen));
    return { success: true, data: null, message: 'Password changed' };
  }
}

function read<S extends z.ZodType>(schema: S, request: FastifyRequest, sentence: string): z.output<S> {
  const parsed = schema.safeParse(readJsonObject(request.headers, rawBodyOf(request)));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const details = issue?.code === 'unrecognized_keys' ? issue.keys.map(unknownField) : [sentence];
  throw new AppError({
    code: 'http.invalid',
    kind: 'invalid',
    publicMessage: 'Validation failed',
    details,
  });
}

function unknownField(name: string): string {
  return `Unknown field "${name.slice(0, 100)}"`;
}
