import { userInfo } from 'node:os';

/** The account that runs this command: its name, or its number if it has no entry in the list of users. */
export function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
