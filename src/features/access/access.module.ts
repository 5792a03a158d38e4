import { Global, Module } from '@nestjs/common';
import { AuditLog } from '../../bus/index.ts';
import { AccessStart } from './access-start.ts';
import { AccessTokens } from './access-tokens.ts';
import { AuditBook } from './audit-book.ts';
import { Authenticator } from './authenticator.ts';
import { Callers } from './callers.ts';
import { FirstAccess } from './first-access.ts';
import { SignIn } from './sign-in.ts';

/** Who may act, how they prove it, and the book of what they did. */
@Global()
@Module({
  providers: [
    AccessStart,
    AccessTokens,
    Authenticator,
    Callers,
    FirstAccess,
    SignIn,
    { provide: AuditLog, useClass: AuditBook },
  ],
  exports: [AccessStart, Authenticator, Callers, SignIn, AuditLog],
})
export class AccessModule {}
