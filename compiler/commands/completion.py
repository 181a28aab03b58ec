"""`stackc completion`: the script that teaches a shell our commands and options."""

from __future__ import annotations

import click

from compiler.commands.common import write_product


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a script for completion in SHELL.

    \b
    bash:  source <(stackc completion bash)
    zsh:   source <(stackc completion zsh)
    fish:  stackc completion fish | source
    """
    from click.shell_completion import get_completion_class

    completer = get_completion_class(shell)
    if completer is None:
        raise click.UsageError(f"no completion for {shell}", ctx)
    script = completer(ctx.find_root().command, {}, "stackc", "_STACKC_COMPLETE")
    write_product(script.source_template % script.source_vars() + "\n")
