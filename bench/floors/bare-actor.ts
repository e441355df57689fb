import { DurableObject } from 'cloudflare:workers';

/** An actor that does next to nothing: what a call and a committed row cost by themselves. */
export class BareActor extends DurableObject {
  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS holders (num INTEGER PRIMARY KEY, id TEXT NOT NULL) STRICT');
  }

  nothing(): void {}

  insert(ids: readonly string[]): void {
    this.ctx.storage.sql.exec('INSERT INTO holders (id) SELECT value FROM json_each(?)', JSON.stringify(ids));
  }

  count(): number {
    return Number(this.ctx.storage.sql.exec('SELECT count(*) AS n FROM holders').one().n);
  }
}
