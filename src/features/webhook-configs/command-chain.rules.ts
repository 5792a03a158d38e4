import { z } from 'zod';
import type { FieldFault, NamedExpression } from './run-settings.rules.ts';

const CHAIN_LENGTH_MAX = 262_144;
const STEPS_MAX = 50;
const EXPRESSION_LENGTH_MAX = 16_384;

const expression = z.string().max(EXPRESSION_LENGTH_MAX);
/** An expression, or the fields as they are. */
const input = z.union([expression, z.record(z.string(), z.unknown())], {
  error: 'must be an expression or an object',
});
const commandName = z.string().min(1).max(200);

const chainStep = z.strictObject({
  name: z
    .string()
    .regex(
      /^[A-Za-z][A-Za-z0-9_]{0,63}$/,
      'must be 1 to 64 letters, digits or underscores, the first a letter',
    )
    .optional(),
  commandName,
  input: input.optional(),
  condition: expression.optional(),
  onError: z.enum(['stop', 'continue']).optional(),
  compensation: z.strictObject({ commandName, input: input.optional() }).optional(),
});

/** The field `commandChain` of contract §5.5. */
export const commandChainField = z.array(chainStep).min(1).max(STEPS_MAX);

export type CommandChain = z.output<typeof commandChainField>;

/** A step with the name under which later ones find what it gave. */
export type NamedChainStep = CommandChain[number] & { name: string };

/** Unnamed steps are step1, step2, … by their place. */
export function namedSteps(chain: CommandChain): NamedChainStep[] {
  return chain.map((step, index) => ({ ...step, name: step.name ?? `step${index + 1}` }));
}

/** The rules between the steps. */
export function commandChainFaults(chain: CommandChain): FieldFault[] {
  const faults: FieldFault[] = [];
  if (JSON.stringify(chain).length > CHAIN_LENGTH_MAX) {
    const fault = `must be at most ${CHAIN_LENGTH_MAX} characters long as JSON`;
    faults.push({ field: 'commandChain', fault });
  }
  const names = namedSteps(chain).map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue;
    const fault = `must be another than that of an earlier step: "${name}" is taken`;
    faults.push({ field: `commandChain.${index}.name`, fault });
  }
  return faults;
}

/** A command that a chain may run, and where it stands. */
interface ChainedCommand {
  /** As sentences name it. */
  place: string;
  commandName: string;
  /** Its fields as they are; null: an expression or the body gives them. */
  literal: Record<string, unknown> | null;
}

/** The names of all commands that a configuration may run, those that its script names aside. */
export function commandNamesOf({
  commandName,
  commandChain = [],
}: {
  commandName?: string | undefined;
  commandChain?: CommandChain | undefined;
}): string[] {
  return [
    ...(commandName === undefined ? [] : [commandName]),
    ...commandsOfChain(commandChain).map((one) => one.commandName),
  ];
}

/** All commands that it may run. */
export function commandsOfChain(chain: CommandChain): ChainedCommand[] {
  return chain.flatMap(({ compensation, ...step }, index) => {
    const place = `commandChain.${index}`;
    const commands = [chainedCommand(place, step)];
    return compensation ? [...commands, chainedCommand(`${place}.compensation`, compensation)] : commands;
  });
}

function chainedCommand(
  place: string,
  { commandName, input: given }: Pick<CommandChain[number], 'commandName' | 'input'>,
): ChainedCommand {
  return { place, commandName, literal: typeof given === 'object' ? given : null };
}

export function expressionsOfChain(chain: CommandChain): NamedExpression[] {
  const variables = ['request', 'steps'];
  return chain.flatMap((step, index) => {
    const texts = [
      { field: `commandChain.${index}.condition`, text: step.condition },
      { field: `commandChain.${index}.input`, text: step.input },
      { field: `commandChain.${index}.compensation.input`, text: step.compensation?.input },
    ];
    return texts.flatMap(({ field, text }) => (typeof text === 'string' ? [{ field, text, variables }] : []));
  });
}
