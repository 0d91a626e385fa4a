# The guest's disk: one boot sector that shows 16 colour bars and a banner, and echoes what is typed.
  .code16
  .globl _start
_start:
  cli
  xor %ax, %ax
  mov %ax, %ds
  mov %ax, %ss
  mov $0x7c00, %sp
  sti
  cld
  mov $0x0003, %ax            # text mode, 80 x 25
  int $0x10
  mov $0xb800, %ax
  mov %ax, %es
  xor %di, %di
  mov $4, %dx                 # 4 rows of 16 bars, 5 columns each
row:
  xor %bl, %bl
bar:
  mov %bl, %ah
  shl $4, %ah
  mov $0x20, %al
  mov $5, %cx
  rep stosw
  inc %bl
  cmp $16, %bl
  jb bar
  dec %dx
  jnz row
  push %ds
  pop %es
  mov $0x1301, %ax
  mov $0x001f, %bx
  mov $banner_length, %cx
  mov $0x0614, %dx
  mov $banner, %bp
  int $0x10
  mov $0x1301, %ax
  mov $0x0007, %bx
  mov $prompt_length, %cx
  mov $0x0800, %dx
  mov $prompt, %bp
  int $0x10
echo:
  xor %ax, %ax
  int $0x16
  mov $0x0e, %ah
  mov $0x000a, %bx
  int $0x10
  cmp $13, %al
  jne echo
  mov $10, %al
  mov $0x0e, %ah
  int $0x10
  jmp echo
banner: .ascii "  openstack-spice lab: a real BIOS screen  "
  .set banner_length, . - banner
prompt: .ascii "type here> "
  .set prompt_length, . - prompt
  .org 510
  .word 0xaa55
