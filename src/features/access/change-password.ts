import { Injectable } from '@nestjs/common';
import { AuditLog, type Origin } from '../../bus/index.ts';
import { Database } from '../../platform/db/index.ts';
import { Callers } from './callers.ts';
import { hashPassword } from './passwords.ts';
import { loginFailed, SignIn } from './sign-in.ts';
import { UserEntity } from './user.entity.ts';

/** How it stands in the audit log: it is no command, since nobody needs a permission for it. */
const AUDITED_AS = 'ChangePassword';

/** Who changes his password, and from where. */
export interface PasswordProof {
  username: string;
  password: string;
  address: string;
  origin: Origin;
}

/** Lets people choose a password of their own. */
@Injectable()
export class ChangePassword {
  constructor(
    private readonly signIn: SignIn,
    private readonly database: Database,
    private readonly callers: Callers,
    private readonly audit: AuditLog,
  ) {}

  /** His tokens so far are worth nothing any more. @throws AppError as a login with the password so far does. */
  async change({ username, password, address, origin }: PasswordProof, chosen: string): Promise<void> {
    const { id, generation } = await this.signIn.prove(username, password, address);
    const passwordHash = await hashPassword(chosen);
    await this.database.door.transaction(async (tx) => {
      // What he proved may be worth nothing by now.
      const user = await tx.manager.findOneBy(UserEntity, { id, isEnabled: true, generation });
      if (!user) throw loginFailed();
      user.passwordHash = passwordHash;
      await this.signIn.endTokens(tx, user);
      await tx.manager.save(user);
      const caller = this.callers.present(id);
      if (caller) {
        const input = { username };
        await this.audit.write(tx, {
          command: AUDITED_AS,
          caller,
          origin,
          input,
          outcome: 'succeeded',
          trail: {},
        });
      }
      tx.afterCommit(() => this.callers.put(user));
    });
  }
}
