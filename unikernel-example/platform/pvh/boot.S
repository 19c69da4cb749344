// From the PVH entry point to glibc's _start: 32-bit protected mode, long mode, page tables for the first 4 GiB.
// Also contains what needs assembly: the system call entry, the exception entries, the interrupt handler, idling.
//
// PVH: xen/docs/misc/pvh.pandoc ("x86/HVM direct boot ABI"). On entry: ebx = hvm_start_info, flat 32-bit segments,
// paging and interrupts off.

#define kCode 0x08
#define kData 0x10
#define kTss 0x18

        .section .note.Xen, "a", @note
        .align 4
        .long 4, 8, 18                  // name size, descriptor size, XEN_ELFNOTE_PHYS32_ENTRY
        .asciz "Xen"
        .quad pvh_start

        .section .bss
        .align 4096
        .global page_map_level4
page_map_level4:        .skip 4096
page_directory_pointers: .skip 4096
        .global page_directories
page_directories:       .skip 4 * 4096
        .global page_table_low
page_table_low:         .skip 4096
early_stack:            .skip 16384
early_stack_top:
        .global fault_stack_guard
fault_stack_guard:      .skip 4096      // unmapped by protect_memory()
fault_stack:            .skip 8192
fault_stack_top:

        .section .data
        .align 16
        .global global_descriptors
global_descriptors:
        .quad 0
        .quad 0x00af9b000000ffff        // 64-bit code, ring 0
        .quad 0x00cf93000000ffff        // data, ring 0
        .quad 0, 0                      // task state segment, made by prepare_interrupts()
global_descriptors_end:
gdt_pointer:
        .word global_descriptors_end - global_descriptors - 1
        .quad global_descriptors
        .align 16
        .global task_state
task_state:                             // Intel SDM 3A 8.7: only the stack for exceptions is used
        .long 0
        .quad 0, 0, 0, 0
        .quad fault_stack_top           // IST1
        .quad 0, 0, 0, 0, 0, 0, 0
        .word 0, 104

        .text
        .code32
        .global pvh_start
pvh_start:
        cld
        cli
        movl $early_stack_top, %esp
        movl %ebx, %esi                 // kept until prepare_machine()

        movl $page_map_level4, %edi
        movl $page_directory_pointers + 3, (%edi)
        movl $page_directory_pointers, %edi
        movl $page_directories + 3, %eax
        movl $4, %ecx
1:      movl %eax, (%edi)
        addl $8, %edi
        addl $4096, %eax
        loop 1b

        movl $page_directories, %edi    // 2048 pages of 2 MiB: present, writable, large
        movl $0x83, %eax
        movl $2048, %ecx
1:      movl %eax, (%edi)
        addl $8, %edi
        addl $0x200000, %eax
        loop 1b

        movl $page_table_low + 3, page_directories
        movl $page_table_low, %edi      // pages of 4 KiB, so that the one at 0 can be unmapped
        movl $0x3, %eax
        movl $512, %ecx
1:      movl %eax, (%edi)
        addl $8, %edi
        addl $4096, %eax
        loop 1b

        movl $page_map_level4, %eax
        movl %eax, %cr3
        movl %cr4, %eax
        orl $0x620, %eax                // PAE, OSFXSR, OSXMMEXCPT: glibc and compilers use SSE2
        movl %eax, %cr4
        movl $0x80000001, %eax          // NX, if the processor has it (AMD APM 3, E.4.2): bit 20 becomes EFER's bit 11
        cpuid
        andl $0x100000, %edx
        shrl $9, %edx
        movl %edx, %edi
        movl $0xc0000080, %ecx          // EFER
        rdmsr
        orl $0x101, %eax                // LME, SCE
        orl %edi, %eax                  // NXE
        wrmsr
        movl %cr0, %eax
        andl $0xfffffff3, %eax          // EM, TS off
        orl $0x80010023, %eax           // PG, WP, NE, MP, PE
        movl %eax, %cr0
        lgdt gdt_pointer
        ljmp $kCode, $long_mode

        .code64
long_mode:
        movl $kData, %eax
        movl %eax, %ds
        movl %eax, %es
        movl %eax, %ss
        xorl %eax, %eax
        movl %eax, %fs
        movl %eax, %gs
        movl $early_stack_top, %esp
        movl %esi, %edi
        call prepare_machine            // returns the stack for _start
        movq %rax, %rsp
        xorl %edx, %edx                 // no function for atexit
        xorl %ebp, %ebp
        jmp _start

// The `syscall` instruction in ring 0: rcx = return address, r11 = flags; the stack is still glibc's, with a red zone of
// 128 bytes below it. All registers except rax, rcx and r11 are preserved; SSE registers are not used.
        .global system_call_entry
system_call_entry:
        leaq -128(%rsp), %rsp
        pushq %rcx
        pushq %r11
        pushq %rdi
        pushq %rsi
        pushq %rdx
        pushq %r10
        pushq %r8
        pushq %r9
        pushq %rbp
        movq %rsp, %rbp
        andq $-16, %rsp
        subq $8, %rsp
        pushq %r9                       // the seventh argument goes by the stack
        movq %r8, %r9
        movq %r10, %r8
        movq %rdx, %rcx
        movq %rsi, %rdx
        movq %rdi, %rsi
        movq %rax, %rdi
        call system_call
        movq %rbp, %rsp
        popq %rbp
        popq %r9
        popq %r8
        popq %r10
        popq %rdx
        popq %rsi
        popq %rdi
        popq %r11
        popq %rcx
        leaq 128(%rsp), %rsp
        leaq -136(%rsp), %rsp           // flags back through memory below the red zone
        movq %r11, (%rsp)
        popfq
        leaq 128(%rsp), %rsp
        jmp *%rcx

// Exceptions 0-31 (Intel SDM 3A 6.15): none is expected, all are reported. Some push an error code, the others get a 0.
        .macro exception number, has_code
        .align 16
        .if \has_code == 0
        pushq $0
        .endif
        pushq $\number
        jmp exception_common
        .endm
        .align 16
        .global exception_entries
exception_entries:
        .set number, 0
        .rept 32
        .if number == 8 || (number >= 10 && number <= 14) || number == 17 || number == 21 || number == 29 || number == 30
        exception number, 1
        .else
        exception number, 0
        .endif
        .set number, number + 1
        .endr
exception_common:
        movq %rsp, %rdi                 // number, error code, rip, cs, rflags, rsp, ss
        andq $-16, %rsp
        call report_exception
1:      hlt
        jmp 1b

// The only interrupt handler. Interrupts are enabled only in wait_for_interrupt(), and any interrupt ends the wait: the
// handler acknowledges it at the local APIC and clears the interrupt flag that it returns to.
        .global interrupt_entry
interrupt_entry:
        pushq %rax
        movq local_apic_end_of_interrupt(%rip), %rax
        movl $0, (%rax)
        andq $~0x200, 24(%rsp)
        popq %rax
        iretq
        .global spurious_entry          // a spurious interrupt is not acknowledged (Intel SDM 3A 10.9)
spurious_entry:
        andq $~0x200, 16(%rsp)
        iretq

        .global wait_for_interrupt
wait_for_interrupt:
        sti                             // takes effect after hlt has begun: no interrupt is lost between the two
        hlt
        cli
        ret

        .section .note.GNU-stack, "", @progbits
