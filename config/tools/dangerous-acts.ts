// Finds the acts that may have one home only, by reading the syntax of a source file.
import ts from 'typescript';

export interface DangerousAct {
  readonly name: string;
  readonly why: string;
  /** Where the act may be found. */
  readonly home: RegExp;
  /** A file as it looks when the act is in it; test/architecture.test.ts plants these. */
  readonly looksLike: readonly string[];
}

interface Finding {
  readonly act: string;
  readonly line: number;
  readonly text: string;
}

const clock = 'reading the clock';
const outbound = 'calling out';
const verification = 'verifying a signature';
const signing = 'signing';
const glob = 'compiling a pattern';
const environment = 'reading the environment';
const byName = 'loading by name';

export const dangerousActs: readonly DangerousAct[] = [
  {
    name: clock,
    why: 'Time is an argument, so that a decision can be repeated and a test can fix it.',
    home: /^src\/(adapters\/clock\/|cli\/system-context\.ts$)/,
    looksLike: [
      'const t = Date.now();',
      'const t = new Date();',
      'const t = Date();',
      'const f = Date.now;',
      'const t = performance.now();',
      'const f = globalThis.performance.now;',
    ],
  },
  {
    name: outbound,
    why: 'Every address is checked where the connection is made; a second way out is a way around the check (SSRF).',
    home: /^src\/(adapters\/outbound|cli|console|admin-api)\//,
    looksLike: [
      "import { fetch } from 'undici';",
      "import type { Dispatcher } from 'undici';",
      "const undici = await import('undici');",
      "import { request } from 'node:https';",
      "import * as http from 'node:http'; http.get('x');",
      "await fetch('x');",
      "await globalThis.fetch('x');",
    ],
  },
  {
    name: verification,
    why: 'One place holds the algorithm against the key; a second one would forget to.',
    home: /^src\/(adapters\/signature\/|cli\/trail\/verify-seal\.ts$)/,
    looksLike: [
      "import { verify } from 'node:crypto';",
      "import { createVerify as check } from 'crypto';",
      "import crypto from 'node:crypto'; crypto.verify('sha256', a, b, c);",
      'crypto.subtle.verify(a, b, c, d);',
      "import { jwtVerify } from 'jose';",
      "import * as jose from 'jose'; jose.compactVerify(a, b);",
    ],
  },
  {
    name: signing,
    why: 'Private keys are touched behind the signing port only, so that an HSM can take its place.',
    home: /^src\/(adapters\/signing\/|cli\/token\/sign-assertion\.ts$)/,
    looksLike: [
      "import { sign } from 'node:crypto';",
      "import * as crypto from 'node:crypto'; crypto.createSign('sha256');",
      'crypto.subtle.sign(a, b, c);',
      "import { SignJWT } from 'jose';",
    ],
  },
  {
    name: glob,
    why: 'A pattern that means two things in two places trusts somebody it should not.',
    home: /^src\/core\/trust\/pattern\.ts$/,
    looksLike: [
      'const r = new RegExp(text);',
      'const r = RegExp(text);',
      "import picomatch from 'picomatch';",
      "import { matchesGlob } from 'node:path';",
      'function globToRegExp(text: string) {}',
      'const matchWildcard = (text: string) => true;',
      "const parts = pattern.split('*');",
    ],
  },
  {
    name: environment,
    why: 'Configuration comes in at one place, checked, with every problem told at once.',
    home: /^src\/(config\/|(main|worker)\.ts$)/,
    looksLike: [
      'const x = process.env.HOME;',
      "const x = process['env'];",
      "import { env } from 'node:process';",
    ],
  },
  {
    name: byName,
    why: 'The rules of import see what is imported; what is loaded by another way is judged by none of them.',
    home: /^src\/(core\/trust\/conditions\/cel-packages|http\/http-words)\.ts$/,
    looksLike: [
      "import { createRequire } from 'node:module';",
      "import * as modules from 'node:module'; modules.createRequire(import.meta.url);",
      "const http = process.getBuiltinModule('node:http');",
      "import { getBuiltinModule } from 'node:process';",
    ],
  },
];

/** The names under which a second compiler of patterns would come. */
const patternFunction =
  /^(compile|match|expand)\w*(Glob|Wildcard|Pattern)$|^(glob|wildcard|pattern)(To|Matches)/;
const globPackages = new Set(['picomatch', 'minimatch', 'micromatch', 'wildcard-match', 'fast-glob']);
const joseVerifiers = new Set(['jwtVerify', 'compactVerify', 'flattenedVerify', 'generalVerify']);
const joseSigners = new Set(['SignJWT', 'CompactSign', 'FlattenedSign', 'GeneralSign']);

/** The act that a member of a module stands for; `undefined` for a harmless one. */
function actOfMember(module: string, member: string): string | undefined {
  switch (module) {
    case 'crypto':
      if (member === 'verify' || member === 'createVerify') return verification;
      return member === 'sign' || member === 'createSign' ? signing : undefined;
    case 'jose':
      if (joseVerifiers.has(member)) return verification;
      return joseSigners.has(member) ? signing : undefined;
    case 'http':
    case 'https':
      return member === 'request' || member === 'get' ? outbound : undefined;
    case 'http2':
    case 'tls':
    case 'net':
      return member === 'connect' || member === 'createConnection' ? outbound : undefined;
    case 'path':
      return member === 'matchesGlob' ? glob : undefined;
    case 'module':
      return member === 'createRequire' ? byName : undefined;
    case 'process':
      if (member === 'getBuiltinModule') return byName;
      return member === 'env' ? environment : undefined;
    default:
      return undefined;
  }
}

/** The act that importing a module at all stands for. */
function actOfModule(module: string): string | undefined {
  if (module === 'undici') return outbound;
  return globPackages.has(module) ? glob : undefined;
}

const moduleName = (specifier: string): string => specifier.replace(/^node:/, '');

export function findDangerousActs(fileName: string, text: string): readonly Finding[] {
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true);
  const findings: Finding[] = [];
  /** Local names that stand for a whole module. */
  const moduleOf = new Map<string, string>([
    ['process', 'process'],
    ['crypto', 'crypto'],
  ]);
  const declaresFetch = bindsName(source, 'fetch');

  const report = (act: string | undefined, node: ts.Node): void => {
    if (act === undefined) return;
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    findings.push({ act, line, text: node.getText().split('\n')[0] ?? '' });
  };

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      const module = moduleName(node.moduleSpecifier.text);
      report(actOfModule(module), node);
      const clause = node.importClause;
      if (clause?.name !== undefined) moduleOf.set(clause.name.text, module);
      const bindings = clause?.namedBindings;
      if (bindings !== undefined && ts.isNamespaceImport(bindings)) moduleOf.set(bindings.name.text, module);
      if (bindings !== undefined && ts.isNamedImports(bindings)) {
        for (const element of bindings.elements) {
          report(actOfMember(module, (element.propertyName ?? element.name).text), element);
        }
      }
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments;
      if (specifier !== undefined && ts.isStringLiteral(specifier)) {
        report(actOfModule(moduleName(specifier.text)), node);
      }
    } else if (takesStarsApart(node)) {
      report(glob, node);
    } else if (ts.isPropertyAccessExpression(node)) {
      report(actOfAccess(node.expression, node.name.text), node);
    } else if (ts.isElementAccessExpression(node) && ts.isStringLiteral(node.argumentExpression)) {
      report(actOfAccess(node.expression, node.argumentExpression.text), node);
    } else if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
      const callee = node.expression.text;
      if (callee === 'Date') report(clock, node);
      if (callee === 'fetch' && !declaresFetch) report(outbound, node);
      if (callee === 'RegExp') report(glob, node);
    } else if (ts.isNewExpression(node) && ts.isIdentifier(node.expression)) {
      if (node.expression.text === 'Date' && (node.arguments?.length ?? 0) === 0) report(clock, node);
      if (node.expression.text === 'RegExp') report(glob, node);
    } else if (
      (ts.isFunctionDeclaration(node) || (ts.isVariableDeclaration(node) && isFunction(node.initializer))) &&
      node.name !== undefined &&
      patternFunction.test(node.name.getText())
    ) {
      report(glob, node);
    }
    ts.forEachChild(node, visit);
  };

  const actOfAccess = (object: ts.Expression, member: string): string | undefined => {
    const name = ts.isPropertyAccessExpression(object) ? object.name.text : object.getText();
    if (name === 'Date' && member === 'now') return clock;
    if (name === 'performance' && member === 'now') return clock;
    if (name === 'Temporal' && member === 'Now') return clock;
    if (name === 'globalThis' && member === 'fetch') return outbound;
    if (name === 'subtle' && member === 'verify') return verification;
    if (name === 'subtle' && member === 'sign') return signing;
    const module = moduleOf.get(name);
    return module === undefined ? undefined : actOfMember(module, member);
  };

  visit(source);
  return findings;
}

/** `text.split('*')`, `text.replaceAll('*', …)` */
function takesStarsApart(node: ts.Node): boolean {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const [first] = node.arguments;
  const method = node.expression.name.text;
  return (
    ['split', 'replace', 'replaceAll'].includes(method) &&
    first !== undefined &&
    ts.isStringLiteral(first) &&
    first.text === '*'
  );
}

function isFunction(node: ts.Node | undefined): boolean {
  return node !== undefined && (ts.isArrowFunction(node) || ts.isFunctionExpression(node));
}

/** Whether a file has its own binding of this name: a parameter, a variable, an import. */
function bindsName(source: ts.SourceFile, name: string): boolean {
  let found = false;
  const visit = (node: ts.Node): void => {
    if (
      (ts.isParameter(node) || ts.isVariableDeclaration(node) || ts.isBindingElement(node)) &&
      ts.isIdentifier(node.name) &&
      node.name.text === name
    ) {
      found = true;
    }
    if ((ts.isImportSpecifier(node) || ts.isFunctionDeclaration(node)) && node.name?.text === name)
      found = true;
    if (!found) ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
