import type { CelEnv, parse } from '@bufbuild/cel';
import { fail, ok, type Result } from '../../result.ts';
import { rangeFunction, stepFunction } from './metered-functions.ts';

/** A node of a parsed expression. */
export type Expression = NonNullable<ReturnType<typeof parse>['expr']>;

type MapLiteral = Extract<Expression['exprKind'], { case: 'structExpr' }>['value'];

/** What {@link checkExpression} found. */
export interface CheckedExpression {
  /** The expression with its macros metered. */
  readonly expression: Expression;
  /** The literal patterns given to `matches`. */
  readonly patterns: readonly string[];
}

/** Macros inside macros deeper than this are refused; nobody reads them and their cost multiplies. */
const maxMacroDepth = 3;

/** Operators that the evaluator carries out itself. */
const operators: ReadonlySet<string> = new Set(['_?_:_', '_&&_', '_||_', '_[_]', '@not_strictly_false']);

const typeNames: ReadonlySet<string> = new Set([
  'bool',
  'bytes',
  'double',
  'int',
  'list',
  'map',
  'null_type',
  'string',
  'type',
  'uint',
]);

/**
 * Goes through a parsed expression: every name must be known, `matches` takes a literal pattern, macros that build lists
 * and protobuf messages are refused. So a typing mistake is found at registration and not at the first exchange.
 *
 * @param functions whose functions may be called
 * @returns the expression with {@link stepFunction} and {@link rangeFunction} put into its macros, or one sentence
 */
export const checkExpression = (
  expression: Expression,
  functions: CelEnv['funcs'],
): Result<CheckedExpression, string> => {
  const patterns = new Set<string>();
  const problems: string[] = [];
  let nodes = 0;

  const refuse = (node: Expression, problem: string): Expression => {
    problems.push(problem);
    return node;
  };

  const visitAll = (expressions: readonly Expression[], scope: Scope): Expression[] =>
    expressions.map((each) => visit(each, scope));

  const visitMaybe = (maybe: Expression | undefined, scope: Scope): Expression =>
    maybe === undefined ? refuse(expression, 'The expression is incomplete.') : visit(maybe, scope);

  const visitEntries = (map: MapLiteral, scope: Scope): MapLiteral => ({
    ...map,
    entries: map.entries.map((entry) => ({
      ...entry,
      keyKind:
        entry.keyKind.case === 'mapKey'
          ? { case: 'mapKey', value: visit(entry.keyKind.value, scope) }
          : entry.keyKind,
      value: visitMaybe(entry.value, scope),
    })),
  });

  const visit = (node: Expression, scope: Scope): Expression => {
    nodes += 1;
    const { exprKind } = node;
    switch (exprKind.case) {
      case 'constExpr':
        return node;
      case 'identExpr':
        if (scope.names.has(exprKind.value.name) || typeNames.has(exprKind.value.name)) return node;
        return refuse(
          node,
          `The expression names ${exprKind.value.name}; it knows only claims, as in claims.sub.`,
        );
      case 'selectExpr': {
        const operand = visitMaybe(exprKind.value.operand, scope);
        return { ...node, exprKind: { case: 'selectExpr', value: { ...exprKind.value, operand } } };
      }
      case 'listExpr': {
        const elements = visitAll(exprKind.value.elements, scope);
        return { ...node, exprKind: { case: 'listExpr', value: { ...exprKind.value, elements } } };
      }
      case 'structExpr':
        if (exprKind.value.messageName !== '') {
          return refuse(node, 'The expression makes a protobuf message, which has no use here.');
        }
        return { ...node, exprKind: { case: 'structExpr', value: visitEntries(exprKind.value, scope) } };
      case 'callExpr': {
        const { function: name, target, args } = exprKind.value;
        if (!operators.has(name) && functions.find(name) === undefined) {
          return refuse(node, `The expression calls ${name}, which there is none of.`);
        }
        if (name === 'matches') {
          const pattern = literalText(args);
          if (pattern === null) return refuse(node, 'matches() takes one pattern, written out as a text.');
          patterns.add(pattern);
        }
        const value = { ...exprKind.value, args: visitAll(args, scope) };
        if (target !== undefined) value.target = visit(target, scope);
        return { ...node, exprKind: { case: 'callExpr', value } };
      }
      case 'comprehensionExpr': {
        const macro = exprKind.value;
        if (macro.accuInit?.exprKind.case !== 'constExpr') {
          return refuse(node, 'map() and filter() are not available. Use exists(), exists_one() or all().');
        }
        const depth = scope.depth + 1;
        if (depth > maxMacroDepth) {
          return refuse(node, `The expression nests macros more than ${maxMacroDepth} deep.`);
        }
        const iterRange = callExpression(node.id, rangeFunction, [visitMaybe(macro.iterRange, scope)]);
        const inside = { names: new Set([...scope.names, macro.iterVar, macro.accuVar]), depth };
        const before = nodes;
        const loopStep = visitMaybe(macro.loopStep, inside);
        const step = callExpression(node.id, stepFunction, [integerExpression(node.id, nodes - before)]);
        const loopCondition = callExpression(node.id, '_&&_', [
          step,
          visitMaybe(macro.loopCondition, inside),
        ]);
        const result = visitMaybe(macro.result, inside);
        const value = { ...macro, iterRange, loopStep, loopCondition, result };
        return { ...node, exprKind: { case: 'comprehensionExpr', value } };
      }
      default:
        return refuse(node, 'The expression is incomplete.');
    }
  };

  const metered = visit(expression, { names: new Set(['claims']), depth: 0 });
  const [problem] = problems;
  return problem === undefined ? ok({ expression: metered, patterns: [...patterns] }) : fail(problem);
};

/** What is visible where a node stands. */
interface Scope {
  readonly names: ReadonlySet<string>;
  /** How many macros it stands in. */
  readonly depth: number;
}

/** The pattern must be written in the expression: one taken from the token would be the caller's to choose. */
const literalText = (args: readonly Expression[]): string | null => {
  const [only, another] = args;
  if (only?.exprKind.case !== 'constExpr' || another !== undefined) return null;
  const { constantKind } = only.exprKind.value;
  return constantKind.case === 'stringValue' ? constantKind.value : null;
};

const callExpression = (id: bigint, name: string, args: Expression[]): Expression => ({
  $typeName: 'cel.expr.Expr',
  id,
  exprKind: { case: 'callExpr', value: { $typeName: 'cel.expr.Expr.Call', function: name, args } },
});

const integerExpression = (id: bigint, value: number): Expression => ({
  $typeName: 'cel.expr.Expr',
  id,
  exprKind: {
    case: 'constExpr',
    value: { $typeName: 'cel.expr.Constant', constantKind: { case: 'int64Value', value: BigInt(value) } },
  },
});
