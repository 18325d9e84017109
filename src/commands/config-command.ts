import { checkConfig, givenIn, SETTINGS, type Config } from '../config.js';
import { faultText } from '../config/faults.js';
import { straysAmong, strayText } from '../config/misspelt.js';
import type { Given } from './config-here.js';
import { textOf, type Setting } from '../config/settings.js';
import { shown } from '../config/shown.js';

export interface Print {
  say(line: string): void;
  warn(line: string): void;
}

interface Row {
  setting: Setting;
  /** Safe to show. */
  value: string;
  /** `up`: a port of the running `holdfast up` of this home. */
  source: 'default' | 'environment' | 'up';
}

/**
 * Prints the effective configuration; secrets are hidden.
 * @returns the exit code: 1 if the configuration has faults
 */
export function configCommand({ json }: { json: boolean }, { environment, home }: Given, { say, warn }: Print): 0 | 1 {
  const given = { ...home, ...environment };
  const { config, faults } = checkConfig(given);
  const warnings = strayTexts(environment);
  const rows = SETTINGS.map((setting) => rowOf(setting, { environment, home }, config));
  const valid = faults.length === 0;

  if (json) {
    const variables = rows.map(({ setting: { name, group }, value, source }) => ({ name, group, value, source }));
    say(JSON.stringify({ valid, variables, faults, warnings }, undefined, 2));
    return valid ? 0 : 1;
  }
  if (valid) for (const line of tableOf(rows)) say(line);
  for (const warning of warnings) warn(`! ${warning}`);
  for (const fault of faults) warn(`✖ ${faultText(fault)}`);
  return valid ? 0 : 1;
}

/** A warning for each variable that was probably meant for us. */
export function strayTexts(given: Readonly<Record<string, string>> = givenIn()): string[] {
  const known = SETTINGS.map(({ name }) => name);
  return straysAmong(Object.keys(given), known).map(strayText);
}

function rowOf(setting: Setting, { environment, home }: Given, config: Config | undefined): Row {
  const text = environment[setting.name];
  if (text !== undefined) return { setting, value: shown(text, setting.secret), source: 'environment' };
  const port = home[setting.name];
  if (port !== undefined) return { setting, value: port, source: 'up' };
  const value = config === undefined ? setting.defaultText : valueOf(config, setting.name);
  return { setting, value: value === '' ? 'not set' : value, source: 'default' };
}

function valueOf(config: Config, name: string): string {
  return textOf(new Map<string, unknown>(Object.entries(config)).get(name));
}

function tableOf(rows: readonly Row[]): string[] {
  const width = (cell: (row: Row) => string) => Math.max(...rows.map((row) => cell(row).length));
  const names = width(({ setting }) => setting.name);
  const values = Math.min(
    width(({ value }) => value),
    60,
  );
  const groups = [...new Set(rows.map(({ setting }) => setting.group))];
  return groups.flatMap((group, index) => [
    ...(index === 0 ? [] : ['']),
    group,
    ...rows
      .filter(({ setting }) => setting.group === group)
      .map(({ setting, value, source }) => `  ${setting.name.padEnd(names)}  ${value.padEnd(values)}  ${source}`),
  ]);
}
