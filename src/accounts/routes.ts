import { createRouter } from '../http/router.ts';
import { auth } from './auth-routes.ts';
import { me } from './me-routes.ts';
import { users } from './users-routes.ts';

/** Accounts: who one is and how one proves it. */
export const accounts = createRouter();

accounts.route('/', auth);
accounts.route('/', me);
accounts.route('/', users);
