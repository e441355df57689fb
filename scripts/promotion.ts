import { newLineId } from '../src/db/history.ts';
import { identifierKey, isEmail } from '../src/http/identifiers.ts';

/**
 * The statements, for one batch, that make an account an admin and tell the history of it; the last one answers the
 * account's name and address. For who is an admin already there is no line, and nothing changes.
 * @param name username or e-mail address
 */
export function promotion(name: string, now: number): string[] {
  const key = identifierKey(name);
  const account = `${isEmail(key) ? 'email_key' : 'username_key'} = ${literal(key)}`;
  return [
    `INSERT INTO history (id, at, owner_id, action, subject_type, subject_id, details)
     SELECT '${newLineId(now)}', ${now}, id, 'account_changed', 'user', id, '{"role":"admin"}'
     FROM users WHERE ${account} AND role <> 'admin'`,
    `UPDATE users SET role = 'admin', updated_at = iif(role = 'admin', updated_at, ${now})
     WHERE ${account} RETURNING username, email`,
  ];
}

/** Hexadecimal, because `wrangler d1 execute` binds no parameters: no quote or semicolon can end the literal. */
function literal(text: string): string {
  return `CAST(x'${Buffer.from(text).toString('hex')}' AS TEXT)`;
}
