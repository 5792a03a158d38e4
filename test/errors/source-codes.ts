import { join } from 'node:path';
import ts from 'typescript';
import { type ErrorKind, statusOfKind } from '../../src/platform/errors.ts';

const root = join(import.meta.dirname, '../..');
const codePattern = /^[a-z][a-z-]*\.[a-z][a-z-]*$/;

/** What the source says of one code. */
export interface SourceCode {
  /** HTTP statuses of the failures that are made with it; none: it stands in records only. */
  statuses: Set<number>;
  /** Where it is made, as `src/file.ts:12`. */
  places: string[];
}

export interface SourceCodes {
  codes: Map<string, SourceCode>;
  /** Where a failure is made with a code that nobody can read from the types. */
  unreadable: string[];
}

/** One value that an expression may have, with what other expressions then are (`kind` is `'invalid'`). */
interface Reading {
  value: string;
  given: ReadonlyMap<string, string>;
}

/** Finds every code with which the product makes failures and records, by the types of TypeScript itself. */
export function sourceCodes(): SourceCodes {
  const configPath = join(root, 'tsconfig.json');
  const { options, fileNames } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(configPath, ts.sys.readFile).config,
    ts.sys,
    root,
  );
  const program = ts.createProgram(fileNames, { ...options, noEmit: true });
  const found: SourceCodes = { codes: new Map(), unreadable: [] };
  for (const file of program.getSourceFiles())
    if (fileNames.includes(file.fileName)) new CodeFinder(program.getTypeChecker(), file, found).look(file);
  return found;
}

class CodeFinder {
  private readonly checker: ts.TypeChecker;
  private readonly file: ts.SourceFile;
  private readonly found: SourceCodes;

  constructor(checker: ts.TypeChecker, file: ts.SourceFile, found: SourceCodes) {
    this.checker = checker;
    this.file = file;
    this.found = found;
  }

  look(node: ts.Node): void {
    if (ts.isObjectLiteralExpression(node)) this.lookAtObject(node);
    ts.forEachChild(node, (child) => this.look(child));
  }

  private lookAtObject(node: ts.ObjectLiteralExpression): void {
    const code = valueOf(node, 'code');
    if (!code) return;
    const isFailure =
      ts.isNewExpression(node.parent) && node.parent.expression.getText(this.file) === 'AppError';
    const readings = this.readingsOf(code);
    if (isFailure && readings.length === 0 && !isPassedOn(code, this.checker))
      this.found.unreadable.push(this.placeOf(code));
    for (const reading of readings.filter(({ value }) => codePattern.test(value))) {
      const known = this.found.codes.get(reading.value) ?? { statuses: new Set(), places: [] };
      known.places.push(this.placeOf(code));
      const kind = isFailure && valueOf(node, 'kind');
      if (kind) for (const status of this.statusesOf(kind, reading.given)) known.statuses.add(status);
      this.found.codes.set(reading.value, known);
    }
  }

  private statusesOf(kind: ts.Expression, given: ReadonlyMap<string, string>): number[] {
    return this.readingsOf(kind, given).map(({ value }) => statusOfKind[value as ErrorKind]);
  }

  /** Every value that the expression may have; none where its type is just a text. */
  private readingsOf(node: ts.Expression, given: ReadonlyMap<string, string> = new Map()): Reading[] {
    if (ts.isStringLiteralLike(node)) return [{ value: node.text, given }];
    if (ts.isAsExpression(node) || ts.isParenthesizedExpression(node))
      return this.readingsOf(node.expression, given);
    if (ts.isTemplateExpression(node)) return this.templateReadings(node, given);
    if (ts.isConditionalExpression(node)) {
      const isTrue = this.truthOf(node.condition, given);
      const equality = equalityOf(node.condition);
      const whenTrue = equality ? new Map([...given, equality]) : given;
      return [
        ...(isTrue === false ? [] : this.readingsOf(node.whenTrue, whenTrue)),
        ...(isTrue === true ? [] : this.readingsOf(node.whenFalse, given)),
      ];
    }
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken)
      return [...this.readingsOf(node.left, given), ...this.readingsOf(node.right, given)];
    const known = given.get(node.getText(this.file));
    if (known !== undefined) return [{ value: known, given }];
    return this.literalsOf(node).map((value) => ({
      value,
      given: new Map([...given, [node.getText(this.file), value]]),
    }));
  }

  private templateReadings(node: ts.TemplateExpression, given: ReadonlyMap<string, string>): Reading[] {
    let readings: Reading[] = [{ value: node.head.text, given }];
    for (const span of node.templateSpans)
      readings = readings.flatMap((before) =>
        this.readingsOf(span.expression, before.given).map(({ value, given }) => ({
          value: before.value + value + span.literal.text,
          given,
        })),
      );
    return readings;
  }

  private literalsOf(node: ts.Expression): string[] {
    const type = this.checker.getTypeAtLocation(node);
    const parts = type.isUnion() ? type.types : [type];
    return parts.every((part) => part.isStringLiteral()) ? parts.map((part) => part.value) : [];
  }

  /** Of `a === 'x' || a === 'y'` where `a` is known; undefined where it is not. */
  private truthOf(node: ts.Expression, given: ReadonlyMap<string, string>): boolean | undefined {
    if (!ts.isBinaryExpression(node)) return undefined;
    if (node.operatorToken.kind === ts.SyntaxKind.BarBarToken) {
      const sides = [this.truthOf(node.left, given), this.truthOf(node.right, given)];
      return sides.includes(true) ? true : sides.includes(undefined) ? undefined : false;
    }
    const equality = equalityOf(node);
    const known = equality && given.get(equality[0]);
    return known === undefined ? undefined : known === equality![1];
  }

  private placeOf(node: ts.Node): string {
    const { line } = this.file.getLineAndCharacterOfPosition(node.getStart(this.file));
    return `${this.file.fileName.slice(root.length + 1)}:${line + 1}`;
  }
}

function valueOf(node: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  for (const property of node.properties) {
    if (property.name?.getText() !== name) continue;
    if (ts.isPropertyAssignment(property)) return property.initializer;
    if (ts.isShorthandPropertyAssignment(property)) return property.name;
  }
  return undefined;
}

/** `a === 'x'`, as the two of them. */
function equalityOf(node: ts.Expression): [string, string] | undefined {
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.EqualsEqualsEqualsToken)
    return undefined;
  return ts.isStringLiteralLike(node.right) ? [node.left.getText(), node.right.text] : undefined;
}

/** The code of another failure: that one is found where it is made. */
function isPassedOn(node: ts.Expression, checker: ts.TypeChecker): boolean {
  if (ts.isPropertyAccessExpression(node)) return node.name.text === 'code';
  const shorthand =
    ts.isShorthandPropertyAssignment(node.parent) && checker.getShorthandAssignmentValueSymbol(node.parent);
  const symbol = shorthand || checker.getSymbolAtLocation(node);
  return symbol?.valueDeclaration !== undefined && ts.isBindingElement(symbol.valueDeclaration);
}
