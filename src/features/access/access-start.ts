import { Injectable } from '@nestjs/common';
import { Authenticator } from './authenticator.ts';
import { Callers } from './callers.ts';
import { FirstAccess, type FirstAdmin } from './first-access.ts';

/** Makes access ready before the first request: keys, the first callers, who they are. */
@Injectable()
export class AccessStart {
  constructor(
    private readonly firstAccess: FirstAccess,
    private readonly authenticator: Authenticator,
    private readonly callers: Callers,
  ) {}

  async prepare(given: { adminPassword: string | null; adminApiKey: string | null }): Promise<FirstAdmin> {
    await this.authenticator.load();
    const admin = await this.firstAccess.ensureAdmin(given.adminPassword);
    if (given.adminApiKey !== null)
      this.authenticator.accept(given.adminApiKey, await this.firstAccess.ensureClient());
    await this.callers.reload();
    this.callers.follow();
    return admin;
  }
}
