/**
 * Owns who may ask the console what. Invariants: a Host that is not ours is refused, so that no foreign page reaches a
 * console on loopback by a DNS name of its own; an order needs the token and a header that no foreign page can send.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import type { Problem } from '../page/wire';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** The custom header of orders: a page of another origin cannot send it without a preflight, which is never granted. */
export const ORDER_HEADER = 'x-kong-drain';

export function refuse(response: Response, status: number, problem: Problem): void {
  response.status(status).json(problem);
}

/** `hosts`: names beside loopback's, without a port. */
export function onlyHosts(hosts: readonly string[]): RequestHandler {
  const known = new Set([...LOOPBACK, ...hosts].map((host) => host.toLowerCase()));
  return (request, response, next) => {
    const given = hostOf(request.headers.host ?? '');
    if (known.has(given)) {
      next();
      return;
    }
    refuse(response, 421, {
      code: 'UNKNOWN_HOST',
      message: `this console does not answer to the name "${given}": start it with --allow-host ${given || 'NAME'}`,
    });
  };
}

/** Lower case, without the port; '' of what is no Host header. */
function hostOf(header: string): string {
  return /^(\[[0-9a-f:.]+\]|[^:/\s]+)(?::\d+)?$/.exec(header.toLowerCase())?.[1] ?? '';
}

export const headers: RequestHandler = (_request, response, next) => {
  response.set({
    'content-security-policy':
      "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  });
  next();
};

/** Lets through who carries the token, from our own page or a tool. */
export function onlyToken(token: string): RequestHandler {
  return (request, response, next) => {
    if (request.get(ORDER_HEADER) === undefined) {
      refuse(response, 403, {
        code: 'NO_ORDER_HEADER',
        message: `send the header ${ORDER_HEADER}: console, which shows that no other page sent this`,
      });
      return;
    }
    const given = /^Bearer (.+)$/.exec(request.get('authorization') ?? '')?.[1] ?? '';
    if (sameText(given, token)) {
      next();
      return;
    }
    response.set('www-authenticate', 'Bearer');
    refuse(response, 401, {
      code: 'BAD_TOKEN',
      message: "this is not the console's token: enter the one that it was started with",
    });
  };
}

/** In constant time, whatever the lengths. */
function sameText(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}
