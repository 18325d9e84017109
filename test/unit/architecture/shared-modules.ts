import { parseSync, type Expression, type ModuleItem, type VariableDeclarator } from '@swc/core';

/** Calls that make something without state: a proxy, a name of a message, a list of names. */
const STATELESS_CALLS = [
  'proxyActivities',
  'defineSignal',
  'defineUpdate',
  'defineQuery',
  'defineSearchAttributeKey',
  'Object.keys',
];

const STATELESS_ITEMS = [
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'FunctionDeclaration',
  'TsInterfaceDeclaration',
  'TsTypeAliasDeclaration',
];

const STATELESS_VALUES = [
  'ArrowFunctionExpression',
  'FunctionExpression',
  'StringLiteral',
  'NumericLiteral',
  'BooleanLiteral',
  'NullLiteral',
  'TemplateLiteral',
  'BinaryExpression',
  // Constants of this module or another one, which are held to the same rule.
  'Identifier',
  'MemberExpression',
];

/**
 * What a module could keep from one workflow for the next when both share it: anything at its top level but functions,
 * constants, and objects that no one can change. The SDK freezes what a shared module exports.
 */
export function stateOf(source: string): string[] {
  const { body } = parseSync(source, { syntax: 'typescript', target: 'es2022' });
  return body.flatMap((item) => stateOfItem(item));
}

function stateOfItem(item: ModuleItem, exported = false): string[] {
  if (item.type === 'ExportDeclaration') return stateOfItem(item.declaration, true);
  if (item.type === 'VariableDeclaration') {
    return item.declarations.filter((one) => item.kind !== 'const' || !isConstant(one, exported)).map(nameOf);
  }
  if (item.type === 'ClassDeclaration') {
    const isStatic = item.body.some((one) => one.type === 'StaticBlock' || ('isStatic' in one && one.isStatic));
    return isStatic ? [item.identifier.value] : [];
  }
  return STATELESS_ITEMS.includes(item.type) ? [] : [item.type];
}

function nameOf({ id }: VariableDeclarator): string {
  return id.type === 'Identifier' ? id.value : id.type;
}

function isConstant({ id, init }: VariableDeclarator, frozen: boolean): boolean {
  const type = id.type === 'Identifier' && 'typeAnnotation' in id ? id.typeAnnotation?.typeAnnotation : undefined;
  const readonly = type?.type === 'TsTypeOperator' && type.op === 'readonly';
  return init !== undefined && isStateless(init, frozen || readonly);
}

function isStateless(value: Expression, frozen: boolean): boolean {
  if (STATELESS_VALUES.includes(value.type)) return true;
  if (value.type === 'TsConstAssertion') return isStateless(value.expression, true);
  if (value.type === 'TsSatisfiesExpression' || value.type === 'TsAsExpression') {
    return isStateless(value.expression, frozen);
  }
  if (value.type === 'ObjectExpression') {
    return (
      frozen &&
      value.properties.every(
        (one) =>
          (one.type === 'KeyValueProperty' && isStateless(one.value, true)) ||
          (one.type === 'SpreadElement' && isStateless(one.arguments, true)),
      )
    );
  }
  if (value.type === 'ArrayExpression') {
    return frozen && value.elements.every((one) => one !== undefined && isStateless(one.expression, true));
  }
  return value.type === 'CallExpression' && STATELESS_CALLS.includes(calledName(value.callee));
}

function calledName(callee: { type: string }): string {
  if (isIdentifier(callee)) return callee.value;
  if (!isMember(callee)) return '';
  return `${calledName(callee.object)}.${calledName(callee.property)}`;
}

type Named = { type: string; value: string };
type Member = { type: string; object: { type: string }; property: { type: string } };

const isIdentifier = (node: { type: string }): node is Named => node.type === 'Identifier';
const isMember = (node: { type: string }): node is Member => node.type === 'MemberExpression';
