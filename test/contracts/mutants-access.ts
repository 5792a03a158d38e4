import type { Mutant } from './mutants.ts';

const managed = 'src/features/access/managed-callers.ts';

/** Each takes one promise about access away. */
export const accessMutants: readonly Mutant[] = [
  {
    name: 'a token outlives the credentials that it was given for',
    file: 'src/features/access/callers.ts',
    find: '(generation !== undefined && known.generation !== generation)',
    replacement: 'generation === -1',
    spec: 'test/commands/update-user.spec.ts',
    tests: 'ends all that he was signed in with',
  },
  {
    name: 'a refresh token outlives the password',
    file: 'src/features/access/sign-in.ts',
    find: 'await tx.manager.delete(RefreshTokenEntity, { userId: user.id });',
    replacement: 'await tx.manager.delete(RefreshTokenEntity, { userId: user.username });',
    spec: 'test/commands/update-user.spec.ts',
    tests: 'ends all that he was signed in with',
  },
  {
    name: 'the scope of a token is not looked at',
    file: 'src/features/access/authenticator.ts',
    find: 'if (!caller || !read.scope) return caller;',
    replacement: 'if (!caller || !read.scope || read.callerId) return caller;',
    spec: 'test/security/oauth-token.spec.ts',
    tests: 'may have a narrower scope',
  },
  {
    name: 'somebody gives what he does not have',
    file: managed,
    find: 'if (!mayNoMoreThan(reach, by)) throw exceedsOwn();',
    replacement: 'if (!mayNoMoreThan(reach, by) && !by.id) throw exceedsOwn();',
    spec: 'test/commands/create-user.spec.ts',
    tests: 'gives nobody more than his maker has',
  },
  {
    name: 'callers of other accounts are seen',
    file: managed,
    find: '...(isAccountBound && { accountId })',
    replacement: '...(accountId === "" && isAccountBound && { accountId })',
    spec: 'test/security/access-matrix.spec.ts',
    tests: 'answers an admin of another account exactly as what is nowhere',
  },
  {
    name: 'somebody is deleted while work acts as him',
    file: managed,
    find: 'if (works.length > 0) throw stillActing(works);',
    replacement: 'if (works.length < 0) throw stillActing(works);',
    spec: 'test/commands/delete-user.spec.ts',
    tests: 'is refused while work acts as him',
  },
  {
    name: 'nobody acts for the versions that a deleted caller has saved',
    file: 'src/features/access/callers.ts',
    find: 'while (known && known.heirId !== null)',
    replacement: 'while (known && known.heirId === "")',
    spec: 'test/commands/delete-api-client.spec.ts',
    tests: 'lets a run that has begun go on as the heir',
  },
  {
    name: 'a defined command lends its writer’s permissions',
    file: 'src/features/command-definitions/acting-callers.ts',
    find: 'jointCaller(writer, lessened(starter, still))',
    replacement: '(lessened(starter, still) && jointCaller(writer, writer))',
    spec: 'test/security/definition-escalation.spec.ts',
  },
  {
    name: 'a secret that a webhook makes stays in its record',
    file: 'src/features/webhook-router/run-native-command.ts',
    find: 'run.addCredentials(this.dispatcher.secretResults(type, answer));',
    replacement: '',
    spec: 'test/security/secret-scan.spec.ts',
    tests: 'what a webhook made that is secret is in no record of it',
  },
  {
    name: 'the audit log does not say what was there before',
    file: 'src/features/users/update-user.command.ts',
    find: 'trail.before = userView(user);',
    replacement: '',
    spec: 'test/commands/update-user.spec.ts',
    tests: 'audits what he was and what he is',
  },
];
